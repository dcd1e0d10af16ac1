"""``corvo profile``: into a file, or on to the next program."""

from __future__ import annotations

import gzip
import os
import re
import sys
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.build import build_agent
from corvo_agent.agent.settings import AgentSettings
from tests.cli.kit import corvo
from tests.cli.terminal import on_terminal
from tests.cli.test_whole_file import little_room
from tests.profiles.spawn import load

NAME = "node1-pen-npm"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_a_profile_lands_in_a_file_named_after_it(agent: Agent, folder: Path) -> None:
    outcome = await corvo("profile", NAME, "goroutine", "--address", agent.address)
    file = folder / f"{NAME}-goroutine.pb.gz"
    assert outcome.code == 0
    assert gzip.decompress(file.read_bytes())
    assert outcome.err.startswith(f"{file.name}: {file.stat().st_size} bytes\n")


async def test_the_functions_that_it_spends_most_in_are_shown(folder: Path) -> None:
    with load("shares") as process:
        async with build_agent(AgentSettings(module="pen-npm", node="node1", pid=process.pid)) as agent:
            given = ("--seconds", "0.2", "--address", agent.address)
            outcome = await corvo("profile", NAME, "profile", "--seconds", "1", "--address", agent.address)
            (one,) = (await corvo("profile", NAME, "profile", *given, "--top", "1")).rows
            none = await corvo("profile", NAME, "profile", *given, "--top", "0")
            samples = await corvo("profile", NAME, "profile", *given, "--sample-type", "samples")
            wrong = await corvo("profile", NAME, "profile", *given, "--sample-type", "apples")
    assert outcome.out.startswith("FLAT\tFLAT%\tCUM\tCUM%\tFUNCTION\tPLACE\n")
    assert len(outcome.rows) <= 10
    by_name = {row[4].rpartition(".")[2]: row for row in outcome.rows}
    assert outcome.rows[0] == by_name["burn"]
    assert by_name["shares"][3] == "100.0%"
    assert re.fullmatch(r"/.*/loads\.py:\d+", by_name["heavy"][5])
    assert float(by_name["heavy"][3].rstrip("%")) > float(by_name["light"][3].rstrip("%"))
    # How it was measured is told, too.
    assert "engine: py-spy, mode: cpu\n" in outcome.err
    assert re.search(r"\ncpu: [\d.]+m?s in all\n", outcome.err)
    assert (one[4].rpartition(".")[2], none.out) == ("burn", "")
    assert re.search(r"\nsamples: \d+ in all\n", samples.err)
    assert (wrong.code, wrong.out) == (2, "")
    assert "--sample-type: not in this profile, got 'apples'; valid: samples, cpu" in wrong.err


async def test_every_parameter_of_a_kind_can_be_given_and_kinds_have_plain_names(folder: Path) -> None:
    with load("idle") as process:
        async with build_agent(AgentSettings(module="pen-npm", node="node1", pid=process.pid)) as agent:
            given = ("mode=wall", "hz=50", "budget=30", "seconds=0.3", "--address", agent.address)
            outcome = await corvo("profile", NAME, "CPU", *given)
            wrong = await corvo("profile", NAME, "cpu", "mode=fast", "--address", agent.address)
            unknown = await corvo("profile", NAME, "cpu", "colour=red", "--address", agent.address)
    assert (outcome.code, os.listdir(folder)) == (0, [f"{NAME}-profile.pb.gz"])
    assert "engine: py-spy, mode: wall\n" in outcome.err
    assert "(budget 30 %)" in outcome.err
    assert (wrong.code, "mode: unknown value, got 'fast'; valid: cpu, wall, gil" in wrong.err) == (2, True)
    assert (unknown.code, "colour: unknown parameter of profile" in unknown.err) == (2, True)


async def test_the_other_plain_names_are_those_of_go_s_kinds(agent: Agent, folder: Path) -> None:
    for name, kind in {"tasks": "goroutine", "memory": "heap", "locks": "mutex"}.items():
        given = ("seconds=0.1",) if kind == "mutex" else ()
        outcome = await corvo("profile", NAME, name, *given, "--address", agent.address)
        assert (outcome.code, outcome.err.partition(":")[0]) == (0, f"{NAME}-{kind}.pb.gz"), outcome.err


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("mode", "parameter: must be KEY=VALUE, got 'mode'"),
        ("=1", "parameter: must be KEY=VALUE, got '=1'"),
        ("hz=1 hz=2", "parameter: hz is given twice, got 'hz=2'"),
        ("seconds=1 --seconds 2", "parameter: seconds is given twice"),
        ("seconds=soon", "seconds: not a number, got 'soon'"),
        ("profile=heap", "parameter: the kind is named before the parameters"),
        ("--diff setup.cfg", "--diff: not a profile of stacks"),
    ],
)
async def test_parameters_that_are_none_are_told(agent: Agent, folder: Path, given: str, words: str) -> None:
    (folder / "setup.cfg").write_text("[x]")
    outcome = await corvo("profile", NAME, "cpu", *given.split(), "--address", agent.address)
    assert (outcome.code, words in outcome.err) == (2, True), outcome.err


async def test_what_changed_since_an_earlier_profile_is_shown(folder: Path) -> None:
    with load("shares") as process:
        async with build_agent(AgentSettings(module="pen-npm", node="node1", pid=process.pid)) as agent:
            given = ("profile", NAME, "cpu", "seconds=0.3", "budget=100", "--address", agent.address)
            await corvo(*given, "-o", "old.pb.gz")
            outcome = await corvo(*given, "--diff", "old.pb.gz")
            other = await corvo("profile", NAME, "tasks", "--diff", "old.pb.gz", "--address", agent.address)
    assert outcome.code == 0
    # Less than 0.3 s of one thread in each: what differs is less than either.
    assert all(abs(float(row[0].rstrip("mnus"))) < 1000 for row in outcome.rows)
    assert (other.code, "--sample-type: not in this profile, got 'goroutine'" in other.err) == (2, True)


async def test_the_agent_s_own_functions_are_shown_when_they_are_wanted(agent: Agent, folder: Path) -> None:
    given = ("profile", NAME, "goroutine", "--top", "100", "--address", agent.address)
    hidden, everything = await corvo(*given), await corvo(*given, "--all")
    assert not [row for row in hidden.rows if row[4].startswith("corvo_agent.")]
    assert [row for row in everything.rows if row[4].startswith("corvo_agent.")]


async def test_a_flame_graph_is_drawn_beside_it(agent: Agent, folder: Path) -> None:
    outcome = await corvo("profile", NAME, "goroutine", "--flame", "a.svg", "--address", agent.address)
    assert outcome.code == 0
    assert "a.svg: the flame graph of goroutine" in outcome.err
    assert f"goroutine of {NAME}" in (folder / "a.svg").read_text()


async def test_a_flame_graph_that_cannot_be_drawn_is_told_before_anything_is_measured(
    agent: Agent, folder: Path
) -> None:
    given = ("--seconds", "60", "--address", agent.address)
    outcome = await corvo("profile", NAME, "profile", "--flame", "a.pdf", *given)
    assert (outcome.code, os.listdir(folder)) == (2, ["pen-npm.log"])
    assert "--flame: unknown kind of file, got 'a.pdf'; valid: .svg, .html" in outcome.err
    outcome = await corvo("profile", NAME, "cmdline", "--flame", "a.svg", "--address", agent.address)
    assert (outcome.code, "what cmdline answers is no profile of stacks" in outcome.err) == (2, True)


async def test_what_is_text_is_named_so(agent: Agent, folder: Path) -> None:
    await corvo("profile", NAME, "cmdline", "--address", agent.address)
    assert os.fsencode(sys.orig_argv[0]) in (folder / f"{NAME}-cmdline.txt").read_bytes()


async def test_the_file_is_for_the_person_to_choose(agent: Agent, folder: Path) -> None:
    await corvo("profile", NAME, "goroutine", "-o", "mine.gz", "--address", agent.address)
    assert (folder / "mine.gz").exists()


async def test_a_dash_is_stdout(agent: Agent, folder: Path) -> None:
    outcome = await corvo("profile", NAME, "cmdline", "-o", "-", "--address", agent.address)
    assert os.fsencode(sys.orig_argv[0]) in outcome.raw
    assert outcome.err == ""


async def test_a_terminal_sees_how_long_it_takes_and_a_pipe_does_not(agent: Agent, folder: Path) -> None:
    given = ("profile", NAME, "profile", "--seconds", "1.5", "--address", agent.address)
    with on_terminal(*given) as terminal:
        position = await terminal.wait_for("profile of node1-pen-npm")
        position = await terminal.wait_for("s left", position)
        position = await terminal.wait_for("node1-pen-npm-profile.pb.gz: ", position)
        await terminal.wait_for("FUNCTION", position)
        assert await terminal.ended() == 0
    outcome = await corvo("profile", NAME, "profile", "--seconds", "0.6", "--address", agent.address)
    assert (outcome.code, "left" in outcome.err, "\x1b" in outcome.err) == (0, False, False)


async def test_ctrl_c_ends_the_profile_and_the_bar(agent: Agent, folder: Path) -> None:
    given = ("profile", NAME, "profile", "--seconds", "60", "--address", agent.address, "--timeout", "60")
    with on_terminal(*given) as terminal:
        await terminal.wait_for("s left")
        terminal.press(b"\x03")
        assert await terminal.ended() == 130
    assert "Traceback" not in terminal.text
    assert terminal.text.rindex("\x1b[?25h") > terminal.text.rindex("\x1b[?25l")
    # The agent measures no more: it takes the next one.
    outcome = await corvo("profile", NAME, "profile", "--seconds", "0.1", "--address", agent.address)
    assert (outcome.code, outcome.err.partition(": ")[0]) == (0, f"{NAME}-profile.pb.gz"), outcome.err


async def test_a_full_disk_leaves_no_half_of_a_profile(agent: Agent, folder: Path) -> None:
    before = os.listdir(folder)
    with little_room(100):
        outcome = await corvo("profile", NAME, "goroutine", "--address", agent.address)
    assert (outcome.code, outcome.out) == (1, "")
    assert "File too large" in outcome.err
    assert os.listdir(folder) == before


async def test_a_file_that_cannot_be_written_is_named(agent: Agent, folder: Path) -> None:
    outcome = await corvo("profile", NAME, "cmdline", "-o", "none/x", "--address", agent.address)
    assert (outcome.code, outcome.err) == (1, "corvo: none/x: No such file or directory\n")


@pytest.mark.parametrize("arguments", ["dance", "profile --seconds 0", "profile --seconds -3", "profile --seconds nan"])
async def test_an_unknown_kind_and_a_wrong_time_are_wrong_usage(agent: Agent, folder: Path, arguments: str) -> None:
    outcome = await corvo("profile", NAME, *arguments.split(), "--address", agent.address)
    assert outcome.code == 2
    assert [name for name in os.listdir(folder) if name.startswith(NAME)] == []
