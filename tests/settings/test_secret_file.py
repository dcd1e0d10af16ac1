"""A secret in a file: one line, and never part of a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.settings.secret_file import read_secret


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
