"""No caller keeps the others out: those who hold more, take nothing, or can ask again give way to one that waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from corvo_agent.diagnostics import fair_places
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.fair_places import FairPlaces, Place, Yields
from corvo_agent.diagnostics.messages.payloads import logs_payload
from corvo_agent.diagnostics.messages.request_codec import request_of
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService, ServiceLimits
from corvo_agent.errors import ResourceExhausted
from corvo_agent.protobuf.codec import encode
from tests.h2_peer import Peer, connected, framed

from .kit import Echo, Gate


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_STALLED", "_GREEDY", "_LONG"):
        monkeypatch.setattr(fair_places, name, 0.01)


async def work(places: FairPlaces, place: Place, entered: asyncio.Event, go_on: asyncio.Event) -> None:
    await places.enter(place, None)
    with places.held(place):
        entered.set()
        await places.run_in(place, wait_for(go_on), None, "query")


async def wait_for(event: asyncio.Event) -> None:
    await event.wait()


@asynccontextmanager
async def taken(places: FairPlaces, *wanted: Place) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Each of ``wanted`` taken by work that goes on until this ends."""
    go_on, tasks = asyncio.Event(), []
    for place in wanted:
        entered = asyncio.Event()
        tasks.append(asyncio.create_task(work(places, place, entered, go_on)))
        await entered.wait()
    try:
        yield tasks
    finally:
        go_on.set()
        await asyncio.wait(tasks)


async def test_a_caller_with_more_places_gives_one_to_a_caller_without() -> None:
    places = FairPlaces("queries at once", 3)
    mine = [Place("ann", connection, Yields.TO_FEWER) for connection in (1, 2)]
    async with taken(places, *mine, Place("carl", 3, Yields.TO_FEWER)) as tasks:
        other = Place("bob", 4, Yields.TO_FEWER)
        await places.enter(other, None)
        with places.held(other):
            done, _ = await asyncio.wait(tasks, timeout=0)
            (ended,) = done
            assert ended is tasks[0]
            with pytest.raises(ResourceExhausted, match=r"queries at once \(others waited for their turn\)"):
                await ended


async def test_what_may_not_be_ended_is_not_and_who_waits_is_refused() -> None:
    places = FairPlaces("queries at once", 2, patience=0.05)
    async with taken(places, Place("ann", 1), Place("ann", 1)):
        with pytest.raises(ResourceExhausted, match=r"^queries at once: at most 2$"):
            await places.enter(Place("bob", 2), None)


async def test_a_query_that_can_be_asked_again_gives_way_to_a_connection_without_any_only() -> None:
    places = FairPlaces("queries at once", 2, patience=0.05)
    async with taken(places, Place("ann", 1, Yields.TO_ANY), Place("ann", 2, Yields.TO_ANY)) as tasks:
        with pytest.raises(ResourceExhausted):
            await places.enter(Place("ann", 1, Yields.TO_ANY), None)
        assert not any(task.done() for task in tasks)
        last = Place("ann", 3)
        await places.enter(last, None)
        with places.held(last):
            done, _ = await asyncio.wait(tasks, timeout=0)
            assert len(done) == 1


async def test_the_reserve_is_for_what_is_urgent() -> None:
    places = FairPlaces("queries at once", 1, reserve=1, patience=0.0)
    async with taken(places, Place("ann", 1), Place("bob", 2, spare=True)):
        with pytest.raises(ResourceExhausted):
            await places.enter(Place("bob", 2, spare=True), None)


async def test_of_those_who_wait_the_one_with_fewest_places_goes_first() -> None:
    places, order = FairPlaces("queries at once", 2, patience=30.0), []

    async def ask(place: Place) -> None:
        await places.enter(place, None)
        with places.held(place):
            order.append(place.caller)

    async with taken(places, Place("ann", 1)), AsyncExitStack() as other:
        await other.enter_async_context(taken(places, Place("carl", 3)))
        waiting = [asyncio.create_task(ask(Place("ann", 1)))]
        await asyncio.sleep(0)
        waiting.append(asyncio.create_task(ask(Place("bob", 2))))
        await asyncio.sleep(0)
        await other.aclose()
        await asyncio.wait(waiting)
    assert order == ["bob", "ann"]
    assert places.taken == 0


class Long(Echo):
    """Answers Log with more than a connection's windows take."""

    async def handle(self, query: DebugQuery) -> Payload:
        return logs_payload([{"msg": "x" * 1000}] * 2000)


@asynccontextmanager
async def unread(address: str) -> AsyncIterator[Peer]:
    """A caller that has asked for a log and takes nothing of what comes."""
    async with connected(address) as peer:
        peer.takes = False
        stream = await peer.request()
        await peer.send(stream, framed(encode(request_of(DebugQuery("Log")))), end=True)
        while not peer.data[stream]:
            await peer.receive()
        yield peer


@pytest.mark.parametrize("answer_bytes", [None, 5_000_000])
async def test_callers_that_never_read_keep_no_other_out(answer_bytes: int | None) -> None:
    service = DiagnosticsService(limits=ServiceLimits(queries=4, reserved=1, answer_bytes=answer_bytes))
    service.register_handler("Log", Long())
    service.register_handler("Stats", Echo())
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(service)
        server = await stack.enter_async_context(DiagnosticsServer([service]))
        for _ in range(4 if answer_bytes is None else 2):
            await stack.enter_async_context(unread(server.address))
        client = await stack.enter_async_context(DiagnosticsClient(server.address))
        await client.debug("Stats")
        assert len((await client.debug("Log")).value) > 2_000_000


async def test_long_searches_keep_no_other_out() -> None:
    service, gate = DiagnosticsService(limits=ServiceLimits(queries=2)), Gate()
    service.register_handler("Log", gate)
    async with service, DiagnosticsServer([service]) as server, AsyncExitStack() as stack:
        asking = []
        for _ in range(2):
            client = await stack.enter_async_context(DiagnosticsClient(server.address))
            asking.append(asyncio.create_task(client.debug("Log")))
            await gate.entered.acquire()
        last = await stack.enter_async_context(DiagnosticsClient(server.address))
        asking.append(asyncio.create_task(last.debug("Log")))
        await gate.entered.acquire()
        gate.open.set()
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert [isinstance(each, Exception) for each in found].count(True) == 1
        assert isinstance(found[2], Payload)
