"""``corvo top``: in a pipe, on a terminal, and while the agent goes away and comes back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.build import build_agent
from corvo_agent.agent.settings import AgentSettings
from tests.cli.kit import corvo
from tests.cli.place import Place
from tests.cli.terminal import on_terminal
from tests.profiles.spawn import load

NAME = "node1-pen-npm"
FACTS = ["cpu", "memory", "loop lag", "tasks", "threads", "descriptors", "level", "uptime"]


def blocks(text: str) -> list[list[list[str]]]:
    """The looks of an output, each a list of lines, each a list of columns."""
    return [[line.split("\t") for line in block.splitlines()] for block in text.split("\n\n") if block]


async def test_one_look_tells_the_facts_of_the_process(agent: Agent) -> None:
    outcome = await corvo("top", NAME, "--once", "--no-profile", "--address", agent.address)
    assert (outcome.code, outcome.err) == (0, "")
    (look,) = blocks(outcome.out)
    assert [name for name, _ in look] == FACTS


async def test_the_agent_is_found_by_its_name(agent: Agent, place: Place) -> None:
    outcome = await place.corvo("top", NAME, "--once", "--no-profile")
    assert (outcome.code, outcome.out.startswith("cpu\t")) == (0, True)


async def test_as_many_looks_as_are_asked_for(agent: Agent) -> None:
    given = ("-n", "3", "--interval", "0.1", "--no-profile", "--address", agent.address)
    outcome = await corvo("top", NAME, *given)
    assert [len(look) for look in blocks(outcome.out)] == [len(FACTS)] * 3


async def test_the_hottest_functions_of_the_process_are_named() -> None:
    with load("shares") as process:
        async with build_agent(AgentSettings(module="pen-npm", node="node1", pid=process.pid)) as agent:
            outcome = await corvo("top", NAME, "--once", "--interval", "1", "--address", agent.address)
    (look,) = blocks(outcome.out)
    functions = [columns for columns in look if columns[0] == "function"]
    assert functions[0][3].endswith(".burn")
    assert any(name.endswith(".shares") and cumulative == "100.0%" for _, _, cumulative, name, _ in functions)
    assert all(re.fullmatch(r"/.*\.py:\d+", place) for *_, place in functions)


async def test_where_no_profile_can_be_had_the_reason_stands_in_its_place(tmp_path: Path) -> None:
    config = AgentSettings(module="pen-npm", node="node1", pid_file=str(tmp_path / "none"))
    async with build_agent(config) as agent:
        outcome = await corvo("top", NAME, "--once", "--address", agent.address)
    (look,) = blocks(outcome.out)
    assert look[-1][0] == "functions"
    assert "process of the module not found" in look[-1][1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("--interval 0", 2, "'--interval': must be at least 0.1 s"),
        ("--interval nan", 2, "'--interval': not a duration"),
        ("-n 0", 2, "0 is not in the range"),
        ("--address 127.0.0.1:1", 4, "127.0.0.1:1 is unavailable"),
        ("--gateway http://127.0.0.1:1", 4, "127.0.0.1:1 is unavailable"),
    ],
)
async def test_what_is_wrong_from_the_start_is_told(arguments: str, code: int, words: str) -> None:
    outcome = await corvo("top", NAME, *arguments.split())
    assert (outcome.code, outcome.out) == (code, "")
    assert words in outcome.err


async def test_a_terminal_is_kept_up_to_date_whatever_the_agent_does_until_ctrl_c(own_port: int) -> None:
    settings = AgentSettings(module="pen-npm", node="node1", listen=f"127.0.0.1:{own_port}")
    async with build_agent(settings) as agent:
        address = agent.address
        given = ("--interval", "0.1", "--no-profile", "--address", address, "--timeout", "5")
        with on_terminal("top", NAME, *given) as terminal:
            position = await terminal.wait_for("corvo top: node1-pen-npm")
            position = await terminal.wait_for("loop lag", position)
            await agent.aclose()
            position = await terminal.wait_for("trying again", position)
            async with build_agent(settings):
                # The next full look has no problem in its head: the head is followed by the empty line at once.
                position = await terminal.wait_for("corvo top: node1-pen-npm\x1b[0m  ", position)
                await terminal.wait_for("loop lag", position)
                terminal.press(b"\x03")
                assert await terminal.ended() == 130
    # It has left the screen as it was, with a cursor, and said nothing of a fault.
    for on, off in (("\x1b[?25h", "\x1b[?25l"), ("\x1b[?1049l", "\x1b[?1049h")):
        assert terminal.text.rindex(on) > terminal.text.rindex(off)
    assert "Traceback" not in terminal.text


async def test_keys_pause_and_end() -> None:
    with load("shares") as process:
        async with build_agent(AgentSettings(module="pen-npm", node="node1", pid=process.pid)) as agent:
            given = ("--interval", "0.2", "--address", agent.address)
            with on_terminal("top", NAME, *given) as terminal:
                position = await terminal.wait_for("FUNCTION")
                terminal.press(b"p")
                position = await terminal.wait_for("paused", position)
                terminal.press(b"p")
                position = await terminal.wait_for("corvo top: node1-pen-npm\x1b[0m  ", position)
                position = await terminal.wait_for("FUNCTION", position)
                terminal.press(b"sq")
                assert await terminal.ended() == 0


async def test_several_modules_have_a_row_each(agent: Agent, place: Place) -> None:
    await place.finds(NAME)
    outcome = await place.corvo("top", "node1-*", "--once")
    assert (outcome.code, outcome.err) == (0, "")
    head, row = (line.split("\t") for line in outcome.out.splitlines() if line)
    assert head[:3] == ["NAME", "CPU%", "MEMORY"]
    assert row[0] == NAME
    assert row[2].endswith("B")
    none = await place.corvo("top", "-l", "team=none", "--once")
    assert none.code == 3
    assert (await corvo("top")).code == 2


async def test_what_was_seen_last_stays_when_a_terminal_ends_by_itself() -> None:
    async with build_agent(AgentSettings(module="pen-npm", node="node1")) as agent:
        given = ("-n", "2", "--interval", "0.1", "--no-profile", "--address", agent.address)
        with on_terminal("top", NAME, *given) as terminal:
            assert await terminal.ended() == 0
    after = terminal.text[terminal.text.rindex("\x1b[?1049l") :]
    assert "loop lag" in after
