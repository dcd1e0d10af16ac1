"""The file of settings: what cannot be read and what no program knows is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.settings.toml_file import check_keys, read_toml


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        read_toml(str(tmp_path / "none.toml"))
    (tmp_path / "bad.toml").write_text("= 3")
    with pytest.raises(ConfigError, match="config: not TOML"):
        read_toml(str(tmp_path / "bad.toml"))
    (tmp_path / "bytes.toml").write_bytes(b'a = "\xff"')
    with pytest.raises(ConfigError, match="config: not TOML"):
        read_toml(str(tmp_path / "bytes.toml"))
    (tmp_path / "good.toml").write_text('module = "m"')
    assert read_toml(str(tmp_path / "good.toml")) == {"module": "m"}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("listn", r"c\.toml: listn: unknown key; valid: listen$"),
        ("adress", r"c\.toml: adress: unknown key; valid: address$"),
        ("zzz", r"c\.toml: zzz: unknown key; valid: listen, node$"),
    ],
)
def test_an_unknown_key_is_named_with_those_that_are_close(key: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        check_keys([key], ["listen", "node"], lambda: ["address"], "c.toml")


def test_other_programs_are_asked_only_for_what_is_not_ones_own() -> None:
    def others() -> list[str]:
        raise AssertionError("it imports every program")

    check_keys(["listen"], ["listen", "node"], others, "c.toml")


def test_a_file_of_an_editor_for_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes(b'\xef\xbb\xbfmodule = "a"\r\nnode = "b"\r\n')
    assert read_toml(str(path)) == {"module": "a", "node": "b"}
