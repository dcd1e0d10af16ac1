"""Beside what a Go process says of itself stands how the sidecar is doing, also while the process is away."""

from __future__ import annotations

from typing import Any

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import Unavailable
from corvo_agent.sidecar.answers.go_pprof import GoProcess
from corvo_agent.sidecar.answers.go_stats import GoStatsHandler
from corvo_agent.stats.expvar import ExpvarRegistry
from corvo_agent.stats.variables import Int

from ..servers import Recorder, serving

AWAY = "http://127.0.0.1:1"


def own() -> ExpvarRegistry:
    registry = ExpvarRegistry()
    registry.publish("agent", Int(1))
    registry.publish("process", Int(2))
    # Statistics of the sidecar's own process are not what is asked for.
    registry.publish("cpustats", Int(3))
    return registry


async def stats(url: str, name: str = "") -> dict[str, Any]:
    service = DiagnosticsService("pen-npm", "node1")
    service.register_handler("Stats", GoStatsHandler(GoProcess(url), own()))
    async with service, DiagnosticsServer([service]) as server, DiagnosticsClient(server.address) as client:
        return dict(await client.stats(name) if name else await client.stats())


async def test_its_own_are_added_and_those_of_the_process_come_first() -> None:
    async with serving(Recorder(text='{"process": {"pid": 7}, "n": 1}')) as url:
        assert await stats(url) == {"agent": 1, "process": {"pid": 7}, "n": 1}
        assert await stats(url, "agent") == {"agent": 1}
        assert await stats(url, "process") == {"process": {"pid": 7}}
        assert await stats(url, "cpustats") == {}


async def test_while_the_process_is_away_its_own_are_still_told_by_name() -> None:
    assert await stats(AWAY, "agent") == {"agent": 1}
    for name in ("", "n", "cpustats"):
        with pytest.raises(Unavailable):
            await stats(AWAY, name)


async def test_the_variables_of_a_go_process_leave_the_sidecar_without_secrets() -> None:
    text = '{"cmdline": ["app", "-Ddb.pass=hunter2"], "config": {"DB_PASS": "hunter2", "port": 5}, "token": "hunter2"}'
    async with serving(Recorder(text=text)) as url:
        masked = {"cmdline": ["app", "-Ddb.pass=***"], "config": {"DB_PASS": "***", "port": 5}, "token": "***"}
        assert await stats(url) == {"agent": 1, "process": 2, **masked}
        assert await stats(url, "token") == {"token": "***"}
