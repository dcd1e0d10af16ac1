"""How a program is told of etcd: what contradicts itself is refused, and a password is never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.settings.etcd import EtcdSettings, etcd_options
from corvo_agent.settings.program import Program

URL = "https://127.0.0.1:2379"


def test_every_setting_reaches_the_client(tmp_path: Path) -> None:
    line = {
        "etcd": "https://a:1, https://b:2",
        "etcd-ca": "ca",
        "etcd-cert": "cert",
        "etcd-key": "key",
        "etcd-hostname": "etcd.test",
        "etcd-user": "kim",
        "etcd-password": "geheim",
    }
    options = etcd_options(Program(EtcdSettings).gather(line, {}).section(EtcdSettings))
    assert options.endpoints == ("https://a:1", "https://b:2")
    assert (options.ca_file, options.cert_file, options.key_file) == ("ca", "cert", "key")
    assert (options.server_hostname, options.username, options.password) == ("etcd.test", "kim", "geheim")


def test_a_password_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from-file\n")
    settings = EtcdSettings((URL,), user="kim", password_file=str(tmp_path / "password"))
    options = etcd_options(settings)
    assert options.password is None
    assert options.read_password is not None
    assert options.read_password() == "from-file"
    (tmp_path / "password").write_text("another\n")
    assert options.read_password() == "another"
    assert "hunter2" not in repr(EtcdSettings(password="hunter2"))
    with pytest.raises(ConfigError, match="etcd-password-file"):
        etcd_options(EtcdSettings((URL,), password_file=str(tmp_path / "none")))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cert": "a.pem"}, "etcd-cert: belongs together with etcd-key"),
        ({"key": "a.pem"}, "etcd-cert: belongs together with etcd-key"),
        ({"password": "a", "password_file": "b"}, "etcd-password-file: there is an etcd-password already"),
        ({"urls": ("http://kim:geheim@host:2379",)}, "etcd: user and password have settings"),
    ],
)
def test_what_contradicts_itself_is_refused_by_its_option(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        EtcdSettings(**given)
    assert "geheim" not in str(caught.value)


def test_without_a_url_there_is_no_etcd() -> None:
    with pytest.raises(ConfigError, match="etcd: give --etcd URL or CORVO_ETCD"):
        etcd_options(EtcdSettings())
