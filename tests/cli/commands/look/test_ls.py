"""``corvo ls``: what is alive, at which level, and with how many errors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.names import MODULES_PREFIX
from corvo_agent.modules.store import ModuleStore
from tests.cli.place import Place
from tests.cli.terminal import on_terminal

NAME = "node1-pen-npm"


@pytest.fixture
async def fleet(modules: ModuleStore, agent: Agent, place: Place) -> None:
    """A Module without an agent beside that of the agent."""
    created = await modules.create(Module(ObjectMeta(name="node2-mail", labels={"team": "net"})))
    await place.knows(created.revision)
    await place.finds(NAME)


@pytest.mark.usefixtures("fleet")
async def test_each_module_has_a_row_with_the_errors_of_a_time(place: Place) -> None:
    outcome = await place.corvo("ls", "--since", "2026-01-01T00:00:00Z")
    assert outcome.code == 0, outcome.err
    rows = {row[0]: row for row in outcome.rows}
    # One of the three lines of the log is an error.
    assert rows[NAME][1::3] == ["live", "1"]
    assert rows["node2-mail"][1::3] == ["no-agent", ""]
    recent = await place.corvo("ls", NAME, "--since", "1s", "-o", "json")
    assert (recent.json[0]["errors"], recent.json[0]["status"]) == (0, "live")
    without = await place.corvo("ls", "--no-errors", "-o", "json")
    assert [each["errors"] for each in without.json] == [None, None]


@pytest.mark.usefixtures("fleet")
async def test_a_gateway_is_asked_once_for_what_its_agents_say(place: Place) -> None:
    outcome = await place.corvo("ls", "-o", "json")
    rows = {row["name"]: row for row in outcome.json}
    # The lines of the log are older than ten minutes.
    assert (rows[NAME]["errors"], rows[NAME]["status"], rows[NAME]["reachable"]) == (0, "live", True)
    assert (rows["node2-mail"]["errors"], rows["node2-mail"]["reachable"]) == (None, None)
    if place.gateway is not None:
        # One that asks for errors of another time asks the agents itself.
        assert [row["errors"] for row in (await place.corvo("ls", NAME, "--since", "9m", "-o", "json")).json] == [0]


@pytest.mark.usefixtures("fleet")
async def test_lines_that_could_not_be_judged_are_no_errors_and_are_told(place: Place, log_file: Path) -> None:
    with log_file.open("a") as log:
        log.write('{"level":"odd","ts":"2026-11-23T04:02:07Z","msg":"who knows"}\n')
    outcome = await place.corvo("ls", NAME, "--since", "2026-01-01T00:00:00Z")
    assert outcome.rows[0][4] == "1+"
    assert f"{NAME}: " in outcome.err
    assert "level" in outcome.err


async def test_why_a_module_is_invalid_is_told(modules: ModuleStore, place: Place) -> None:
    value = b'{"meta":{"name":"node3-odd"},"spec":{"log-level":"Loud"}}'
    await place.knows(await modules.kv.create(f"{MODULES_PREFIX}node3-odd", value))
    outcome = await place.corvo("ls", "odd")
    assert outcome.rows[0][:2] == ["node3-odd", "invalid"]
    assert "node3-odd: " in outcome.err
    assert "Loud" in outcome.err


@pytest.mark.usefixtures("fleet")
async def test_modules_are_chosen_and_sorted(place: Place) -> None:
    by_label = await place.corvo("ls", "-l", "team=net", "-o", "name")
    by_name = await place.corvo("ls", "mail", "-o", "name")
    assert (by_label.out, by_name.out) == ("node2-mail\n", "node2-mail\n")
    sorted_by_status = await place.corvo("ls", "--sort", "status", "--no-errors", "-o", "name")
    assert sorted_by_status.out == f"node2-mail\n{NAME}\n"
    wide = await place.corvo("ls", NAME, "-o", "wide", "--no-errors")
    assert wide.out.splitlines()[0].split("\t")[-4:] == ["NODE", "CATEGORY", "BY", "REASON"]
    none = await place.corvo("ls", "nothing")
    assert (none.code, "module nothing not found" in none.err) == (3, True)


@pytest.mark.parametrize(("columns", "no_color"), [(60, True), (200, False)])
async def test_on_a_terminal_of_any_width(etcd: EmbeddedEtcd, agent: Agent, columns: int, no_color: bool) -> None:
    with on_terminal("ls", "--etcd", etcd.endpoint, columns=columns, no_color=no_color) as terminal:
        assert await terminal.ended() == 0
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.text).splitlines()
    assert max(map(len, lines)) <= columns
    # A name that is not whole could not be typed.
    assert [line for line in lines if NAME in line and "live" in line]
