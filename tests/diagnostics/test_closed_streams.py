"""A connection that lasts for years remembers a bounded number of the calls that it has carried."""

from __future__ import annotations

import asyncio
import gc

from h2.connection import H2Connection

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.closed_streams import REMEMBERED
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService

from .kit import Echo

# Fewer than the queries that an agent answers at once.
_AT_ONCE = 8


def connections() -> list[H2Connection]:
    """Those of this process."""
    return [each for each in gc.get_objects() if isinstance(each, H2Connection)]


async def test_neither_end_remembers_all_calls_of_a_connection() -> None:
    service = DiagnosticsService()
    service.register_handler("Log", Echo())
    before = connections()
    async with (
        service,
        DiagnosticsServer([service]) as server,
        DiagnosticsClient(server.address) as client,
    ):
        for _ in range(REMEMBERED // _AT_ONCE + 3):
            await asyncio.gather(*(client.debug("Log") for _ in range(_AT_ONCE)))
        # One connection carried them all, and both its ends are here.
        found = [len(each._closed_streams) for each in connections() if all(each is not other for other in before)]
        assert found == [REMEMBERED, REMEMBERED]
