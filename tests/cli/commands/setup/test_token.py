"""``corvo token new`` prints a token once, and the file has what a gateway needs to know it by."""

from __future__ import annotations

from pathlib import Path

import pytest

from corvo_agent.access.caller import Caller
from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import TokenFile
from tests.cli.kit import run_here


def test_tokens_are_added_to_a_file_that_only_its_owner_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tokens"
    monkeypatch.setenv("CORVO_TOKEN_FILE", str(path))
    first = run_here("token", "new", "--role", "reader", "--for", "30d", "--name", "oncall")
    second = run_here("token", "new", "--role", "admin", "--keep", "--name", "ci", "--selector", "team=shop")
    assert (first.code, second.code) == (0, 0)
    assert "reader for 30d" in first.err
    assert path.stat().st_mode & 0o777 == 0o600
    assert first.out.strip() not in path.read_text()
    tokens = TokenFile(str(path))
    assert tokens.find(first.out.strip()) == Caller("oncall", Role.READER)
    assert tokens.find(second.out.strip()) == Caller("ci", Role.ADMIN, "team=shop")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--role", "root", "--name", "a"], "viewer, reader"),
        (["--role", "admin", "--name", "a b"], "one word"),
        (["--role", "admin", "--name", "a", "--for", "ever"], "--for"),
        (["--role", "admin", "--name", "a", "--for", "0s"], "--for: must be longer than nothing"),
        (["--role", "admin", "--name", "a", "--for", "99999999999h"], "--for: must be longer than nothing, and 285"),
        (["--role", "admin", "--name", "taken"], "taken"),
    ],
)
def test_what_is_wrong_leaves_the_file_as_it_was(tmp_path: Path, arguments: list[str], text: str) -> None:
    path = tmp_path / "tokens"
    assert run_here("token", "new", "--role", "viewer", "--name", "taken", "--token-file", str(path)).code == 0
    before = path.read_bytes()
    outcome = run_here("token", "new", *arguments, "--token-file", str(path))
    assert outcome.code != 0
    assert text in outcome.err
    assert (path.read_bytes(), outcome.out) == (before, "")
