"""Large answers that are received take turns; small ones and those that wait too long do not."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.diagnostics.client.reply_budget import ReplyBudget, replies_kept, reply_room
from corvo_agent.errors import ResourceExhausted

MIB = 1 << 20


async def test_one_without_room_waits_in_turn_and_a_small_one_does_not() -> None:
    budget = ReplyBudget(4 * MIB)
    order: list[str] = []

    async def receive(name: str, size: int) -> None:
        async with reply_room(budget, size):
            order.append(name)

    async with reply_room(budget, 3 * MIB):
        tasks = [asyncio.create_task(receive("first", 2 * MIB)), asyncio.create_task(receive("second", MIB))]
        await receive("small", 1000)
        # It fits, but the one before it has waited for longer.
        assert order == ["small"]
        assert budget.used == 3 * MIB
    await asyncio.gather(*tasks)
    assert order == ["small", "first", "second"]
    assert budget.used == 0


async def test_one_longer_than_the_whole_is_received_alone() -> None:
    budget = ReplyBudget(MIB)
    async with reply_room(budget, 50 * MIB):
        assert budget.used == 50 * MIB
    assert budget.used == 0


async def test_who_waits_too_long_is_refused_and_the_next_one_goes_on() -> None:
    budget = ReplyBudget(4 * MIB, patience=0.01)
    async with reply_room(budget, 3 * MIB):
        with pytest.raises(ResourceExhausted, match="being received"):
            await budget.take(2 * MIB)
        async with reply_room(budget, MIB):
            assert budget.used == 4 * MIB
    assert budget.used == 0


async def test_who_gives_up_keeps_nothing() -> None:
    budget = ReplyBudget(MIB)
    async with reply_room(budget, MIB):
        waiting = asyncio.create_task(budget.take(MIB))
        after = asyncio.create_task(budget.take(MIB))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    (await after)()
    assert budget.used == 0


async def test_what_is_kept_is_held_until_it_is_let_go() -> None:
    budget = ReplyBudget(4 * MIB)
    with replies_kept() as kept:
        async with reply_room(budget, MIB):
            pass
        assert budget.used == MIB
        kept.close()
        assert budget.used == 0
