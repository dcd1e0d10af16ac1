"""Answers share one budget of memory: they wait for each other, and none of them for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import pytest

from corvo_agent.diagnostics import answer_budget as module
from corvo_agent.diagnostics.answer_budget import AnswerBudget, AnswerRoom, answer_room
from corvo_agent.errors import ResourceExhausted

LIMIT = 6400
LONG = 1000.0


def in_steps(room: AnswerRoom, size: int, before: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[int]]:
    """An answer of ``size`` bytes in pieces of a tenth; ``before`` is awaited before each of them."""

    async def attempt() -> int:
        for _ in range(10):
            await before()
            room.grow(size // 10)
            await room.settle()
        return size

    return attempt


async def at_once() -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize(("allowed", "limit"), [(None, 32), (64, 16), (128, 32), (4096, 32)])
def test_it_is_a_quarter_of_what_a_small_container_has(
    allowed: int | None, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "own_memory_limit", lambda: allowed and allowed << 20)
    assert AnswerBudget().limit == limit << 20


async def test_one_answer_may_take_all_of_it() -> None:
    budget = AnswerBudget(LIMIT)
    with budget.room(LONG) as room:
        assert await room.make(in_steps(room, LIMIT, at_once)) == LIMIT
        assert (budget.used, room.held) == (LIMIT, LIMIT)
        assert answer_room() is room
    assert (budget.used, answer_room()) == (0, None)


async def test_one_that_is_larger_is_refused_and_told_how_to_ask_for_less() -> None:
    with AnswerBudget(LIMIT).room(LONG) as room, pytest.raises(ResourceExhausted, match=r"lines.*at most 6400"):
        await room.make(in_steps(room, 2 * LIMIT, at_once))


async def test_many_that_do_not_fit_together_are_all_made_and_never_hold_more_than_there_is() -> None:
    budget = AnswerBudget(LIMIT)
    highest = 0

    async def look() -> None:
        nonlocal highest
        highest = max(highest, budget.used)
        await asyncio.sleep(0)

    async def answer(size: int) -> int:
        with budget.room(LONG) as room:
            made = await room.make(in_steps(room, size, look))
            # Sent at leisure.
            for _ in range(50):
                await look()
            return made

    sizes = [4000, 6000, 5000, 100, 6400, 3000, 50, 4000]
    async with asyncio.timeout(60):
        assert await asyncio.gather(*map(answer, sizes)) == sizes
    # The piece that is made while there is no room for it any more.
    assert LIMIT // 2 < highest <= LIMIT + max(sizes) // 10
    assert budget.used == 0


async def test_a_small_one_finds_room_beside_a_large_one_that_is_not_taken() -> None:
    budget = AnswerBudget(LIMIT)
    with budget.room(LONG) as large, budget.room(LONG) as small:
        await large.make(in_steps(large, LIMIT // 2, at_once))
        with budget.room(0.0) as second, pytest.raises(ResourceExhausted):
            await second.make(in_steps(second, LIMIT // 2, at_once))
        assert await small.make(in_steps(small, 100, at_once)) == 100


async def test_no_room_is_told_before_the_deadline() -> None:
    budget = AnswerBudget(LIMIT)
    with budget.room(LONG) as held, budget.room(0.02) as room:
        await held.make(in_steps(held, LIMIT, at_once))
        with pytest.raises(ResourceExhausted, match="all answers"):
            await room.make(in_steps(room, 1000, at_once))
        with pytest.raises(ResourceExhausted, match="all answers"):
            await room.keep(1000)
        assert room.held == 0


async def test_what_is_made_already_waits_for_room() -> None:
    budget = AnswerBudget(LIMIT)
    with ExitStack() as held, budget.room(LONG) as room:
        first = held.enter_context(budget.room(LONG))
        await first.keep(LIMIT)
        waiting = asyncio.create_task(room.keep(500))
        await asyncio.sleep(0)
        assert not waiting.done()
        held.close()
        await waiting
        assert budget.used == room.held == 500
        with pytest.raises(ResourceExhausted, match="ask for less"):
            await room.keep(LIMIT + 1)


async def test_a_thread_that_goes_on_with_an_answer_that_is_given_up_takes_nothing() -> None:
    budget = AnswerBudget(LIMIT)
    with budget.room(LONG) as room:
        room.grow(10)
        assert budget.used == 10
    room.grow(1000)
    assert budget.used == 0


def test_without_a_limit_it_is_a_quarter_of_what_the_control_group_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    for allowed, limit in ((None, 32 << 20), (64 << 20, 16 << 20), (1 << 40, 32 << 20)):
        monkeypatch.setattr(module, "own_memory_limit", lambda allowed=allowed: allowed)
        assert AnswerBudget().limit == limit
