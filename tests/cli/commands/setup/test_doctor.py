"""``corvo doctor``: a fault has what to do beside it, and an exit code."""

from __future__ import annotations

import socket
from typing import Any

from corvo_agent.agent.agent import Agent
from tests.cli.kit import corvo, run_here
from tests.cli.place import Place

NAME = "node1-pen-npm"


def by_what(findings: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {finding["what"]: finding for finding in findings}


def test_a_machine_alone() -> None:
    outcome = run_here("doctor")
    assert outcome.code == 0
    assert [row[1] for row in outcome.rows] == ["python", "libraries", "py-spy", "ptrace", "extras"]
    assert {row[0] for row in outcome.rows} <= {"ok", "note"}


async def test_all_that_a_module_needs(agent: Agent, place: Place) -> None:
    await place.finds(NAME)
    outcome = await corvo("doctor", NAME, "-o", "json", *place.options)
    assert outcome.code == 0, outcome.out
    found = by_what(outcome.json)
    assert found["agent"]["seen"].startswith(f"{NAME} answers at ")
    assert found["level"]["seen"].startswith("as-configured is in force")
    assert found["its log"]["verdict"] == "good"
    if place.gateway is None:
        assert "answers, at revision" in found["etcd"]["seen"]
        assert found["etcd version"]["seen"].startswith("3.")
        assert found["clock"]["verdict"] == "good"
    else:
        assert "answers and lets you in, 1 modules" in found["gateway"]["seen"]


async def test_what_is_away_is_a_fault(agent: Agent) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{bound.getsockname()[1]}"
        for given in (("--etcd", f"http://{closed}"), ("--gateway", f"http://{closed}"), ("--address", closed)):
            outcome = await corvo("doctor", NAME, "-o", "json", *given)
            faults = [finding for finding in outcome.json if finding["verdict"] == "fault"]
            assert outcome.code == 1
            assert faults
            assert all(closed in finding["seen"] and finding["do"] for finding in faults)
    wrong = await corvo("doctor", "other", "-o", "json", "--address", agent.address)
    assert (wrong.code, by_what(wrong.json)["agent"]["verdict"]) == (1, "fault")
