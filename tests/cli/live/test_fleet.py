"""Several modules beside each other."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from corvo_agent.cli.live.fleet import HEADERS, Fleet
from corvo_agent.cli.live.monitor import Monitor
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import NotFound

SOON = 0.01


def missing() -> AbstractAsyncContextManager[DiagnosticsClient]:
    raise NotFound("agent of module", "gone")


async def test_each_has_its_row_and_one_that_fails_says_why() -> None:
    async with DiagnosticsService.with_defaults("pen-npm", "node1") as service, DiagnosticsServer([service]) as server:
        there = Monitor(lambda: DiagnosticsClient(server.address), SOON, profiling=False)
        async with Fleet({"b": there, "a": Monitor(missing, SOON, profiling=False)}) as fleet:
            while fleet.looks < 2 or not fleet.rows("name")[0][-1]:
                await fleet.changed()
            by_name, by_memory = fleet.rows("name"), fleet.rows("memory")
    assert [row[0] for row in by_name] == ["a", "b"]
    assert [row[0] for row in by_memory] == ["b", "a"]
    assert all(len(row) == len(HEADERS) for row in by_name)
    assert by_name[0][1:-1] == ("",) * 7
    assert "agent of module gone not found" in by_name[0][-1]
    assert by_name[1][2].endswith("B")
