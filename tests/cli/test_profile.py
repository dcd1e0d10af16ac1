"""``corvo profile``: into a file, or on to the next program."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from tests.cli.kit import corvo

NAME = "node1-pen-npm"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_a_profile_lands_in_a_file_named_after_it(agent: Agent, folder: Path) -> None:
    outcome = await corvo("profile", NAME, "goroutine", "--address", agent.address)
    file = folder / f"{NAME}-goroutine.pb.gz"
    assert (outcome.code, outcome.out) == (0, "")
    assert gzip.decompress(file.read_bytes())
    assert outcome.err == f"{file.name}: {file.stat().st_size} bytes\n"


async def test_what_is_text_is_named_so(agent: Agent, folder: Path) -> None:
    await corvo("profile", NAME, "cmdline", "--address", agent.address)
    assert b"pytest" in (folder / f"{NAME}-cmdline.txt").read_bytes()


async def test_the_file_is_for_the_person_to_choose(agent: Agent, folder: Path) -> None:
    await corvo("profile", NAME, "goroutine", "-o", "mine.gz", "--address", agent.address)
    assert (folder / "mine.gz").exists()


async def test_a_dash_is_stdout(agent: Agent, folder: Path) -> None:
    outcome = await corvo("profile", NAME, "cmdline", "-o", "-", "--address", agent.address)
    assert b"pytest" in outcome.raw
    assert outcome.err == ""


async def test_a_terminal_sees_how_long_it_takes(agent: Agent, folder: Path) -> None:
    outcome = await corvo("profile", NAME, "profile", "--seconds", "0.3", "--address", agent.address, terminal=True)
    assert outcome.code == 0
    assert "profile of node1-pen-npm" in outcome.err


async def test_a_file_that_cannot_be_written_is_named(agent: Agent, folder: Path) -> None:
    outcome = await corvo("profile", NAME, "cmdline", "-o", "none/x", "--address", agent.address)
    assert (outcome.code, outcome.err) == (1, "corvo: none/x: No such file or directory\n")


@pytest.mark.parametrize("arguments", ["dance", "profile --seconds 0", "profile --seconds -3", "profile --seconds nan"])
async def test_an_unknown_kind_and_a_wrong_time_are_wrong_usage(agent: Agent, folder: Path, arguments: str) -> None:
    outcome = await corvo("profile", NAME, *arguments.split(), "--address", agent.address)
    assert outcome.code == 2
    assert [name for name in os.listdir(folder) if name.startswith(NAME)] == []
