"""The person's own file: contexts, the one that counts, and what is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from corvo_agent.cli.settings.contexts import add_context, choose_context, contexts_path, read_contexts
from corvo_agent.errors import ConfigError

FILE = """# mine
timeout = "10s"
context = "prod"  # for now

[contexts.prod]
gateway = "https://corvo.example"
context = "inner"

[contexts.lab]
etcd = "http://127.0.0.1:2379"
timeout = "1s"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "corvo" / "config.toml"
    path.parent.mkdir()
    path.write_text(FILE)
    return path


def test_a_context_stands_before_what_is_common(path: Path) -> None:
    contexts = read_contexts(path)
    assert contexts.chosen == "prod"
    assert contexts.settings()["timeout"] == "10s"
    assert contexts.settings("lab") == {"timeout": "1s", "etcd": "http://127.0.0.1:2379"}
    with pytest.raises(ConfigError, match=r"context: not in .*config.toml, got 'test'; valid: prod, lab"):
        contexts.settings("test")


def test_a_file_of_the_home_is_named_as_in_a_shell(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    path.write_text('[contexts.a]\ngateway = "http://h"\ngateway-token-file = "~/a.token"\n')
    assert read_contexts(path).settings("a") == {"gateway": "http://h", "gateway-token-file": "/home/someone/a.token"}


def test_choosing_changes_one_line(path: Path) -> None:
    assert choose_context("lab", path) == path
    assert path.read_text() == FILE.replace('context = "prod"  # for now', 'context = "lab"')
    with pytest.raises(ConfigError):
        choose_context("test", path)


@pytest.mark.parametrize("before", ["", "# nothing\n", 'timeout = "2s"\n'])
def test_a_file_without_a_choice_gets_one_above_its_tables(path: Path, before: str) -> None:
    path.write_text(f'{before}[contexts.a]\naddress = "h:1"\n')
    choose_context("a", path)
    assert tomllib.loads(path.read_text())["context"] == "a"
    assert before in path.read_text()


def test_a_new_context_counts_and_what_stood_there_stays(path: Path) -> None:
    add_context("new.one", {"gateway": "http://h", "gateway-token-file": '/x/"x"\\y'}, path)
    contexts = read_contexts(path)
    assert contexts.chosen == "new.one"
    assert contexts.settings()["gateway-token-file"] == '/x/"x"\\y'
    assert "# mine" in path.read_text()
    for name in ("prod", "", "a b", 'x"]'):
        with pytest.raises(ConfigError):
            add_context(name, {}, path)


def test_the_first_context_makes_the_file_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "corvo" / "config.toml"
    add_context("a", {"address": "h:1"}, path)
    assert read_contexts(path).settings() == {"address": "h:1"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_is_where_the_desktop_s_rules_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert contexts_path() == tmp_path / "corvo" / "config.toml"
    monkeypatch.setenv("HOME", "/home/someone")
    for ignored in ("", "relative/path"):
        monkeypatch.setenv("XDG_CONFIG_HOME", ignored)
        assert contexts_path() == Path("/home/someone/.config/corvo/config.toml")


@pytest.mark.parametrize("text", ["context = 1", 'contexts = "x"', "[contexts]\na = 1", "nonsense"])
def test_what_is_wrong_with_it_is_named(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigError):
        read_contexts(path)


def test_a_file_that_cannot_be_read_is_named_with_what_chooses_another(tmp_path: Path) -> None:
    # A folder in its place, which not even root can read.
    with pytest.raises(ConfigError, match=rf"{tmp_path}: Is a directory; .*--config FILE.*CORVO_CONFIG"):
        read_contexts(tmp_path)
