"""``corvo stats``: variables of a module as rows or as JSON."""

from __future__ import annotations

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.sidecar.answers.service import answer_for_process
from corvo_agent.stats import Func, Int, String
from tests.cli.kit import corvo

NAME = "node1-pen-npm"


async def test_everything_is_listed_one_row_a_value(agent: Agent, etcd: EmbeddedEtcd) -> None:
    agent.service.expvars.publish("requests", Int(3))
    agent.service.expvars.publish("state", String("two words"))
    agent.service.expvars.publish("sizes", Func(lambda: {"small": 1, "list": [1, 2]}))
    outcome = await corvo("stats", NAME, "--etcd", etcd.endpoint)
    rows = dict(outcome.rows)
    assert outcome.code == 0
    assert (rows["requests"], rows["state"], rows["sizes.small"], rows["sizes.list"]) == (
        "3",
        "two words",
        "1",
        "[1,2]",
    )
    assert {"cpustats.NumCPUs", "memstats.RSS", "cmdline", "agent.level"} <= rows.keys()


async def test_one_variable_as_json(agent: Agent) -> None:
    outcome = await corvo("stats", NAME, "cpustats", "--address", agent.address, "-o", "json")
    assert outcome.json["NumCPUs"] >= 1


async def test_all_variables_as_json(agent: Agent) -> None:
    outcome = await corvo("stats", NAME, "-o", "json", "--address", agent.address)
    assert {"cpustats", "memstats", "cmdline"} <= outcome.json.keys()


async def test_an_unknown_variable_is_not_found(agent: Agent) -> None:
    outcome = await corvo("stats", NAME, "nothing", "--address", agent.address)
    assert (outcome.code, outcome.out) == (3, "")
    assert "variable nothing not found" in outcome.err
    outcome = await corvo("stats", NAME, "", "--address", agent.address)
    assert (outcome.code, outcome.out) == (2, "")
    assert "VARIABLE: is empty" in outcome.err


async def test_clear_empties_the_counters(agent: Agent) -> None:
    agent.service.expvars.debug_stats("x").increment("c")
    outcome = await corvo("stats", NAME, "--clear", "--address", agent.address)
    assert (outcome.code, outcome.out) == (0, "")
    assert agent.service.expvars.get("debugstats_x") == "{}"


async def test_a_terminal_gets_a_table(agent: Agent) -> None:
    outcome = await corvo("stats", NAME, "cpustats", "--address", agent.address, terminal=True)
    assert "cpustats.NumCPUs" in outcome.out
    assert "\t" not in outcome.out


@pytest.mark.parametrize("address", ["127.0.0.1:1", "unix:/nowhere/socket"])
async def test_nobody_there_is_unreachable(address: str) -> None:
    outcome = await corvo("stats", NAME, "--address", address)
    assert (outcome.code, outcome.out) == (4, "")
    assert address.rpartition(":")[2] in outcome.err


async def test_a_process_that_does_not_run_is_what_is_missing() -> None:
    service = DiagnosticsService.with_defaults("pen-npm", "node1", log_file="/nowhere.log")
    answer_for_process(service, lambda: None)
    async with service, DiagnosticsServer([service]) as server:
        for variable in ("cpustats", "io"):
            outcome = await corvo("stats", NAME, variable, "--address", server.address)
            assert (outcome.code, outcome.out, "not found" in outcome.err) == (3, "", True)
        assert (await corvo("stats", NAME, "--address", server.address)).code == 0


async def test_a_worker_that_there_is_not_is_told(agent: Agent) -> None:
    outcome = await corvo("stats", NAME, "--worker", "3", "--address", agent.address)
    assert "this agent answers for process" in outcome.err
    assert outcome.code != 0
    assert (await corvo("stats", NAME, "--worker", "all", "--address", agent.address)).code == 0
