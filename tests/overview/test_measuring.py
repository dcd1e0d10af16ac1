"""Asking an agent for a glance: what it does not tell is unknown, with the reason."""

from __future__ import annotations

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.payloads import logs_payload, stats_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import CorvoError, DeadlineExceeded, NotFound, OtherAgent, Unavailable
from corvo_agent.overview.measuring import measure, unanswered
from corvo_agent.overview.recent_errors import RecentErrors
from tests.gateway.agents import Handler
from tests.kept_ports import NOBODY_THERE


async def stats(query: DebugQuery) -> Payload:
    return stats_payload({"cpustats": '{"Percent":1.5}', "memstats": '{"RSS":4096}'})


async def two_errors(query: DebugQuery) -> Payload:
    assert query.parameters["level"] == "Error"
    return logs_payload([{"level": "error", "msg": "x"}] * 2)


async def no_log(query: DebugQuery) -> Payload:
    raise NotFound("log file", "a.log")


@pytest.mark.parametrize(("log", "errors", "why"), [(two_errors, 2, ""), (no_log, None, "a.log")])
async def test_what_an_agent_tells(log: object, errors: int | None, why: str) -> None:
    service = DiagnosticsService()
    service.register_handler("Stats", Handler(stats))
    service.register_handler("Log", Handler(log))  # type: ignore[arg-type]
    async with service, DiagnosticsServer([service]) as server, DiagnosticsClient(server.address) as client:
        found = await measure(client, RecentErrors())
    assert (found.errors, found.facts.cpu, found.facts.memory, found.unanswered) == (errors, 1.5, 4096, "")
    assert why in found.why
    assert found.asked > 0


async def test_an_agent_that_is_away_tells_nothing() -> None:
    async with DiagnosticsClient(NOBODY_THERE) as client:
        found = await measure(client, RecentErrors())
    assert NOBODY_THERE in found.unanswered
    assert (found.errors, found.facts.cpu, found.frozen) == (None, None, False)


@pytest.mark.parametrize(
    ("error", "answered", "frozen"),
    [
        (Unavailable("a", "refused"), False, False),
        (OtherAgent("a", "it is b", "b"), False, False),
        (DeadlineExceeded("a", 5.0), False, True),
        (NotFound("log file", "x"), True, False),
    ],
)
def test_what_an_error_says_of_an_agent(error: CorvoError, answered: bool, frozen: bool) -> None:
    found = unanswered(1, error)
    assert (not found.unanswered, found.frozen, bool(found.why)) == (answered, frozen, answered)
