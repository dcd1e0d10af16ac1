"""``corvo memory``: by type and by line, before and after in two commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from tests.cli.kit import corvo

NAME = "node1-pen-npm"


class Order:
    """What there are many of."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_what_has_grown_is_told_in_two_commands(agent: Agent, folder: Path) -> None:
    given = ("memory", NAME, "--top", "100", "--address", agent.address)
    first = await corvo(*given, "--save", "before.pb.gz")
    orders = [Order() for _ in range(5000)]
    grown = await corvo(*given, "--base", "before.pb.gz", "--save", "after.pb.gz")
    orders.clear()
    shrunk = await corvo(*given, "--base", "after.pb.gz")
    name = f"{__name__}.Order"
    assert (first.code, first.out.splitlines()[0]) == (0, "OBJECTS\tSIZE\tTYPE")
    assert [row[0] for row in grown.rows if row[2] == name] == ["+5000"]
    assert [row[0] for row in shrunk.rows if row[2] == name] == ["-5000"]
    assert "since --base" in grown.err
    assert (folder / "after.pb.gz").stat().st_mode & 0o777 == 0o600


async def test_the_largest_come_first_and_the_rest_is_counted(agent: Agent) -> None:
    outcome = await corvo("memory", NAME, "--top", "2", "--address", agent.address)
    whole = await corvo("memory", NAME, "-o", "json", "--address", agent.address)
    assert len(outcome.rows) == 2
    assert "more rows: --top shows them" in outcome.err
    sizes = [row["bytes"] for row in whole.json["rows"]]
    assert sizes == sorted(sizes, reverse=True)
    assert whole.json["by"] == "type"
    assert sum(sizes) <= whole.json["bytes"]


async def test_lines_are_told_in_a_recording(agent: Agent, folder: Path) -> None:
    outcome = await corvo("memory", NAME, "--by", "line", "--seconds", "0.3", "--all", "--address", agent.address)
    types = await corvo("memory", NAME, "--save", "types.pb.gz", "--address", agent.address)
    mixed = ("memory", NAME, "--by", "line", "--seconds", "0.1", "--base", "types.pb.gz", "--address", agent.address)
    refused = await corvo(*mixed)
    assert (outcome.code, outcome.out.splitlines()[0]) == (0, "OBJECTS\tSIZE\tLINE\tPLACE")
    assert "a recording of 0.3 s" in outcome.err
    assert types.code == 0
    assert refused.code == 2
    assert "--base: it tells types, what was measured now tells lines" in refused.err


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("--seconds 2", "--seconds: types are counted at once: it goes with --by line"),
        ("--base setup.cfg", "--base: not a profile, got 'setup.cfg'"),
    ],
)
async def test_what_does_not_fit_is_refused(agent: Agent, folder: Path, given: str, words: str) -> None:
    (folder / "setup.cfg").write_text("[x]")
    outcome = await corvo("memory", NAME, *given.split(), "--address", agent.address)
    assert (outcome.code, words in outcome.err) == (2, True), outcome.err
