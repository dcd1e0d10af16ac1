"""What ``corvo top`` follows: an agent that comes and goes, its numbers and where its time goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from corvo_agent.cli.live.monitor import Monitor, Seen
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.handlers.stats import StatsHandler
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import NotFound, PermissionRefused, Unavailable

SOON = 0.01


@pytest.fixture
async def service() -> AsyncIterator[DiagnosticsService]:
    async with DiagnosticsService.with_defaults("pen-npm", "node1") as service:
        yield service


async def seen(monitor: Monitor, condition: Callable[[Seen], object]) -> Seen:
    """Wait until what is seen is as wanted."""
    while not condition(now := await monitor.changed()):
        pass
    return now


async def test_it_looks_again_and_again_and_keeps_a_history(service: DiagnosticsService) -> None:
    async with (
        DiagnosticsServer([service]) as server,
        Monitor(lambda: DiagnosticsClient(server.address), SOON, profiling=False) as monitor,
    ):
        now = await seen(monitor, lambda each: each.looks >= 3)
        assert now.facts.memory is not None
        assert len(now.memory) >= 3
        assert (now.problem, now.hot, now.unprofiled) == ("", None, "")


async def test_the_history_is_bounded() -> None:
    found = Seen()
    for _ in range(100):
        found.memory.append(1.0)
    assert len(found.memory) == 60


async def test_beside_the_numbers_it_finds_where_the_time_goes(service: DiagnosticsService) -> None:
    async with (
        DiagnosticsServer([service]) as server,
        Monitor(lambda: DiagnosticsClient(server.address), SOON) as monitor,
    ):
        now = await seen(monitor, lambda each: each.hot is not None or each.unprofiled)
        assert now.unprofiled == ""
        assert now.hot is not None
        assert now.hot.type.unit == "nanoseconds"


async def test_an_agent_that_takes_no_profiles_is_looked_at_all_the_same() -> None:
    plain = DiagnosticsService("pen-npm", "node1")
    plain.register_handler("Stats", StatsHandler(plain.expvars))
    async with (
        plain,
        DiagnosticsServer([plain]) as server,
        Monitor(lambda: DiagnosticsClient(server.address), SOON) as monitor,
    ):
        now = await seen(monitor, lambda each: each.unprofiled and each.looks >= 2)
        assert "Profile" in now.unprofiled
        assert (now.hot, now.problem) == (None, "")


async def test_an_agent_that_is_lost_is_waited_for_and_what_is_known_stays(service: DiagnosticsService) -> None:
    server = DiagnosticsServer([service])
    await server.start()
    where = [server.address]
    async with Monitor(lambda: DiagnosticsClient(where[0], timeout=5), SOON, profiling=False) as monitor:
        await seen(monitor, lambda each: each.looks)
        await server.aclose()
        now = await seen(monitor, lambda each: each.problem)
        assert now.facts.memory is not None
        async with DiagnosticsServer([service]) as again:
            where[0] = again.address
            await seen(monitor, lambda each: not each.problem)


@pytest.mark.parametrize("error", [Unavailable("agent", "refused"), NotFound("agent", "a")])
async def test_what_the_first_look_raises_is_raised(error: Exception) -> None:
    @asynccontextmanager
    async def nowhere() -> AsyncIterator[DiagnosticsClient]:
        raise error
        yield

    async with Monitor(nowhere, SOON) as monitor:
        with pytest.raises(type(error)):
            await monitor.changed()


async def test_a_refusal_ends_it_also_later(service: DiagnosticsService) -> None:
    refused = False

    @asynccontextmanager
    async def guarded() -> AsyncIterator[DiagnosticsClient]:
        if refused:
            raise PermissionRefused("agent", "no longer")
        async with DiagnosticsClient(server.address) as client:
            yield client

    server = DiagnosticsServer([service])
    await server.start()
    async with Monitor(guarded, SOON, profiling=False) as monitor:
        await seen(monitor, lambda each: each.looks)
        refused = True
        await server.aclose()
        with pytest.raises(PermissionRefused):
            await seen(monitor, lambda each: False)


async def test_left_it_leaves_no_task_behind(service: DiagnosticsService) -> None:
    before = asyncio.all_tasks()
    async with DiagnosticsServer([service]) as server:
        async with Monitor(lambda: DiagnosticsClient(server.address), SOON) as monitor:
            await monitor.changed()
        names = {task.get_name() for task in asyncio.all_tasks() - before}
        assert not [name for name in names if name.startswith("corvo-top")]
