"""Settings come from four places, one outranking the next, and every mistake is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corvo_agent.config import (
    AgentConfig,
    build_config,
    mistaken_variables,
    parse_setting,
    read_password,
    read_secret,
    read_toml,
    settings,
    spelling,
    variable,
)
from corvo_agent.errors import ConfigError


def test_an_option_outranks_the_environment_that_the_file_and_that_the_default() -> None:
    file = {"module": "m", "node": "file", "category": "file", "listen": "file:1"}
    environment = {"CORVO_NODE": "env", "CORVO_CATEGORY": "env", "UNRELATED": "x"}
    config = build_config({"node": "option", "category": None}, environment, file, "c.toml")
    assert (config.node, config.category, config.listen, config.max_lines) == ("option", "env", "file:1", 100_000)


def test_every_setting_has_a_description_and_is_read_from_the_environment() -> None:
    texts = {bool: "true", int: "7", float: "7s", str: "x", tuple: "a,b"}
    values = {bool: True, int: 7, float: 7.0, str: "x", tuple: ("a", "b")}
    for setting in settings():
        assert setting.metadata["help"].endswith(".")
        kind = type(setting.default)
        assert parse_setting(setting, texts[kind], variable(setting.name)) == values[kind]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ({"listn": "x"}, r"c\.toml: listn: unknown key; valid: listen"),
        ({"zzz": 1}, r"c\.toml: zzz: unknown key; valid: module, node"),
        ({"max-lines": "many"}, r"c\.toml: max-lines: must be a whole number, got 'many'"),
        ({"max-lines": True}, r"c\.toml: max-lines: must be a whole number, got True"),
        ({"insecure": 1}, r"c\.toml: insecure: must be true or false, got 1"),
        ({"etcd": [1]}, r"c\.toml: etcd: must be a list of texts"),
        ({"node": 3}, r"c\.toml: node: must be text, got 3"),
        ({"stop-timeout": []}, r"c\.toml: stop-timeout: must be a number of seconds"),
        ({"stop-timeout": "soon"}, r"c\.toml: stop-timeout: not a duration"),
        ({"stop-timeout": 0}, r"stop-timeout: must be greater than 0"),
        ({"default-level": "loud"}, r"default-level: unknown level, got 'loud'; valid: Debug"),
        ({"own-log-format": "xml"}, r"own-log-format: unknown format, got 'xml'; valid: json, text"),
        ({"tls-cert": "a.pem"}, r"tls-cert: belongs together with tls-key"),
        ({"tls-client-ca": "ca.pem"}, r"tls-client-ca: needs tls-cert"),
        ({"pid": -1}, r"pid: must be the number of a process, got -1"),
        ({"pid": 1, "pid-file": "f"}, r"pid: goes without pid-file"),
        ({"pid-file": "f", "match": "x"}, r"pid-file: goes without match"),
        ({"etcd-cert": "a.pem"}, r"etcd-cert: belongs together with etcd-key"),
        ({"etcd-password": "a", "etcd-password-file": "b"}, r"etcd-password-file: there is an etcd-password"),
    ],
)
def test_a_mistake_in_the_file_is_named(file: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build_config({"module": "m"}, {}, file, "c.toml")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"CORVO_MAX_LINES": "x"}, "CORVO_MAX_LINES: must be a whole number, got 'x'"),
        ({"CORVO_INSECURE": "maybe"}, "CORVO_INSECURE: must be true or false, got 'maybe'"),
        ({"CORVO_STOP_TIMEOUT": "-1"}, "CORVO_STOP_TIMEOUT: not a duration"),
    ],
)
def test_a_mistake_in_the_environment_is_named(environment: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build_config({"module": "m"}, environment)


def test_without_a_module_there_is_nothing_to_do() -> None:
    with pytest.raises(ConfigError, match="module: is missing"):
        build_config({}, {})


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    config = AgentConfig(module="m", etcd_password="hunter2")
    assert "hunter2" not in repr(config)
    assert read_password(config) == "hunter2"
    (tmp_path / "pw").write_text("from-file\n")
    assert read_password(AgentConfig(module="m", etcd_password_file=str(tmp_path / "pw"))) == "from-file"
    with pytest.raises(ConfigError, match="etcd-password-file"):
        read_password(AgentConfig(module="m", etcd_password_file=str(tmp_path / "none")))
    with pytest.raises(ConfigError) as caught:
        build_config({"module": "m"}, {}, {"etcd-password": 12345}, "c.toml")
    assert "12345" not in str(caught.value)


def test_durations_and_lists_have_a_readable_form() -> None:
    config = build_config({"module": "m"}, {"CORVO_ETCD": "http://a:1, http://b:2"}, {"lease-ttl": "1m"}, "c.toml")
    assert config.etcd == ("http://a:1", "http://b:2")
    assert config.lease_ttl == 60.0
    assert spelling("lease_ttl") == "lease-ttl"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        read_toml(str(tmp_path / "none.toml"))
    (tmp_path / "bad.toml").write_text("= 3")
    with pytest.raises(ConfigError, match="not TOML"):
        read_toml(str(tmp_path / "bad.toml"))
    (tmp_path / "good.toml").write_text('module = "m"')
    assert read_toml(str(tmp_path / "good.toml")) == {"module": "m"}


def test_a_url_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError, match="etcd: user and password have settings") as caught:
        AgentConfig(module="m", etcd=("http://kim:geheim@host:2379",))
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), -1.0])
def test_a_time_has_to_be_finite(seconds: float) -> None:
    with pytest.raises(ConfigError, match="stop-timeout"):
        AgentConfig(module="m", stop_timeout=seconds)


def test_only_the_first_line_of_a_secret_file_counts(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"s\xc3\xa9cret \r\nsecond line\n")
    assert read_secret(str(secret), "file") == "sécret "
    assert read_secret("", "file") == ""


def test_a_secret_file_that_cannot_be_read_is_named_and_not_quoted(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"geheim\xff")
    with pytest.raises(ConfigError, match="password-file: is not UTF-8") as caught:
        read_secret(str(secret), "password-file")
    assert "geheim" not in str(caught.value)
    with pytest.raises(ConfigError, match="password-file: No such file"):
        read_secret(str(tmp_path / "none"), "password-file")


def test_variables_that_are_almost_ours_are_found_and_others_left_alone() -> None:
    kubernetes = {"CORVO_GATEWAY_SERVICE_HOST": "10.0.0.1", "CORVO_GATEWAY_PORT": "tcp://10.0.0.1:80"}
    ours = dict.fromkeys(("CORVO_MODULE", "CORVO_LOG_FILE", "CORVO_CONFIG", "CORVO_ADDRESS", "CORVO_TLS_CA"), "x")
    mistakes = {"CORVO_LOGFILE": "x", "CORVO_MODUL": "x"}
    assert mistaken_variables({**kubernetes, **ours, **mistakes}) == {
        "CORVO_LOGFILE": "CORVO_LOG_FILE",
        "CORVO_MODUL": "CORVO_MODULE",
    }
