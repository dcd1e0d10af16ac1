"""The file of tokens: who they are, until when, and what becomes of it when it changes."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

import pytest

from corvo_agent.access.caller import Caller
from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import TokenFile, digest_of, new_token, parse_tokens
from corvo_agent.errors import ConfigError, InvalidArgument
from corvo_agent.testing import FakeClock

DIGEST = digest_of("secret")
LINE = f"sha256:{DIGEST} reader oncall 2030-01-01T00:00:00Z team in (a, b)\n"


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text)
    path.chmod(mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    write(path, LINE)
    return path


def test_a_new_token_is_random_and_only_its_digest_is_kept() -> None:
    token, line = new_token(Role.OPERATOR, "ci", None, "a=b")
    again, _ = new_token(Role.OPERATOR, "ci", None)
    assert token != again
    assert len(token) == 43  # 32 bytes in base64
    assert token not in line
    assert line == f"sha256:{digest_of(token)} operator ci never a=b"
    assert parse_tokens(line, "f").find(token, 10**30) == Caller("ci", Role.OPERATOR, "a=b")


@pytest.mark.parametrize("name", ["", "two words", "x" * 65, "a\nb", "a\x1b"])
def test_names_are_single_words(name: str) -> None:
    with pytest.raises(InvalidArgument, match="name"):
        new_token(Role.VIEWER, name, None)
    with pytest.raises(InvalidArgument, match="selector"):
        new_token(Role.VIEWER, "x", None, "=")


def test_a_token_expires() -> None:
    tokens = parse_tokens(LINE, "f")
    end = 1893456000 * 10**9
    assert tokens.find("secret", end - 1) == Caller("oncall", Role.READER, "team in (a, b)")
    assert tokens.find("secret", end) is None
    assert tokens.find(DIGEST, 0) is None
    assert tokens.find("\ud800", 0) is None
    assert tokens.names == {"oncall"}


def test_old_lines_hold_the_token_itself() -> None:
    tokens = parse_tokens("# people\nlook read\n\nact write\nplain\n", "f")
    assert [tokens.find(each, 0) for each in ("look", "act", "plain", "other")] == [
        Caller("line-2", Role.READER),
        Caller("line-4", Role.ADMIN),
        Caller("line-5", Role.ADMIN),
        None,
    ]
    assert (tokens.old, len(tokens)) == (3, 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no token"),
        ("# nothing\n", "holds no token"),
        ("sesame b c\n", "line 1"),
        ("sesame admin\n", "line 1"),
        (f"{LINE}sha256:12 reader a never\n", "line 2.*64"),
        (f"sha256:{DIGEST} reader a\n", "EXPIRES"),
        (f"sha256:{DIGEST} root a never\n", "viewer, reader"),
        (f"sha256:{DIGEST} reader a soon\n", "until"),
        (f"sha256:{DIGEST} reader a never =\n", "selector"),
    ],
)
def test_a_file_that_is_none_is_told_where(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as refused:
        parse_tokens(text, "f")
    assert "sesame" not in str(refused.value)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        TokenFile(str(tmp_path / "none"))


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o644])
def test_a_file_that_others_may_read_or_write_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        TokenFile(str(path))


async def test_it_is_read_again_when_it_changes(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock = FakeClock()
    tokens = TokenFile(str(path), clock)

    async def found() -> list[bool]:
        await clock.advance(2)
        return [tokens.find(each) is not None for each in ("secret", "other")]

    assert await found() == [True, False]
    write(path, f"{LINE}sha256:{digest_of('other')} viewer b never\n")
    assert await found() == [True, True]
    # Revoked.
    write(path, f"sha256:{digest_of('other')} viewer b never\n")
    assert await found() == [False, True]
    # What cannot be used is told once, and changes nothing.
    told = len(caplog.records)
    write(path, LINE, 0o644)
    assert await found() == await found() == [False, True]
    assert [record.levelno for record in caplog.records[told:]] == [logging.ERROR]
    os.unlink(path)
    assert await found() == [False, False]
    write(path, LINE)
    assert await found() == [True, False]


def test_old_tokens_are_warned_of(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_text("look read\n")
    TokenFile(str(path))
    assert re.search(r"1 tokens.*corvo token new", caplog.text)
    assert "look" not in caplog.text.replace(str(path), "")
