"""What is under way and what is kept, within bounds; the oldest results make room."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.access.roles import Role
from corvo_agent.errors import Busy, Unavailable
from corvo_agent.gateway.operations.operation import Operation, State
from corvo_agent.gateway.operations.shelf import Shelf, ShelfLimits
from corvo_agent.testing import FakeClock


def operation(shelf: Shelf, seconds: float | None = None) -> Operation:
    return Operation({}, Role.READER, [], "alice", "g-1", 1, shelf.clock.monotonic(), seconds)


async def data(size: int) -> bytes:
    return b"x" * size


async def never() -> bytes:
    await asyncio.Event().wait()
    return b""


async def done(shelf: Shelf, size: int) -> Operation:
    """One that has ended."""
    begun = operation(shelf)
    shelf.begin(begun, data(size))
    await begun.moved()
    return begun


async def test_the_oldest_results_make_room_by_number_by_size_and_by_age() -> None:
    clock = FakeClock()
    shelf = Shelf("profiles", ShelfLimits(kept=3, bytes=100, seconds=60), clock)
    first = await done(shelf, 10)
    assert (first.state, first.data, shelf.held) == (State.DONE, b"x" * 10, 10)
    await clock.advance(1)
    others = [await done(shelf, 20) for _ in range(3)]
    assert shelf.items() == others[::-1]
    assert shelf.find(first.id) is None
    large = await done(shelf, 90)
    assert shelf.items() == [large]
    too_large = await done(shelf, 101)
    assert (too_large.state, too_large.data) == (State.FAILED, b"")
    assert "at most 100, got 101" in too_large.error
    await clock.advance(61)
    assert shelf.items() == []
    await shelf.aclose()


async def test_more_at_once_than_may_be_are_told_when_to_come_again() -> None:
    clock = FakeClock()
    shelf = Shelf("profiles", ShelfLimits(running=2), clock)
    running = [operation(shelf, 30.0), operation(shelf, 20.0)]
    for each in running:
        shelf.begin(each, never())
    await clock.advance(15)
    assert [each.progress(clock.monotonic()) for each in running] == [0.5, 0.75]
    with pytest.raises(Busy) as caught:
        shelf.begin(operation(shelf), never())
    assert caught.value.retry_after == 5.0
    await shelf.drop(running[0])
    assert (running[0].state, shelf.find(running[0].id)) == (State.CANCELLED, running[0])
    await shelf.drop(running[0])
    assert shelf.find(running[0].id) is None
    # Late, and not done: what is left of it is not known.
    await clock.advance(60)
    assert running[1].progress(clock.monotonic()) == 0.99
    await shelf.aclose()
    assert running[1].state is State.CANCELLED
    assert len(shelf) == 0


async def test_what_fails_says_why(caplog: pytest.LogCaptureFixture) -> None:
    async def away() -> bytes:
        raise Unavailable("a1", "it has gone")

    async def broken() -> bytes:
        raise ValueError("a fault of ours")

    shelf = Shelf("profiles")
    for work, error in ((away(), "a1 is unavailable: it has gone"), (broken(), "ValueError: a fault of ours")):
        begun = operation(shelf)
        shelf.begin(begun, work)
        await begun.moved()
        shown = begun.as_json(shelf.clock.monotonic())
        assert (shown["state"], shown["error"]) == ("failed", error)
    assert "profiles" in caplog.text
    await shelf.aclose()
