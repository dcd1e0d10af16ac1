"""The first lines of several logs, merged as far as that can be waited for."""

from __future__ import annotations

import asyncio
import json

from corvo_agent.gateway.multiplex.kinds import Outlet
from corvo_agent.gateway.multiplex.outbox import Outbox
from corvo_agent.gateway.subscriptions.opening import MAX_BYTES, MAX_MERGED, Opening


def lines(name: str, *seconds: int) -> list[dict[str, str]]:
    return [{"ts": f"2026-01-01T00:00:{second:02}Z", "msg": f"{name}{second}"} for second in seconds]


async def said(outbox: Outbox) -> list[str]:
    return [json.loads(line)["log"]["msg"] for line in (await outbox.take()).splitlines()] if outbox.held else []


async def test_a_log_that_is_late_is_not_waited_for_for_ever() -> None:
    outbox = Outbox()
    opening = Opening(Outlet("l", outbox), patience=0.01)
    holding = asyncio.create_task(opening.hold("a", lines("a", 2, 4)))
    await opening.run(["a", "late"])
    assert await holding
    assert await said(outbox) == ["a2", "a4"]
    assert not await opening.hold("late", lines("late", 1))


async def test_one_that_has_nothing_to_say_is_not_waited_for() -> None:
    outbox = Outbox()
    opening = Opening(Outlet("l", outbox), patience=600)
    holding = [
        asyncio.create_task(opening.hold(name, lines(name, *times))) for name, times in (("a", (3,)), ("b", (1, 5)))
    ]
    opening.skip("c")
    await asyncio.wait_for(opening.run(["a", "b", "c"]), 30)
    assert all([await each for each in holding])
    assert await said(outbox) == ["b1", "a3", "b5"]


async def test_more_than_is_merged_is_said_as_it_comes() -> None:
    opening = Opening(Outlet("l", Outbox()))
    assert not await opening.hold("a", [{}] * (MAX_MERGED + 1))
    assert not await opening.hold("b", [{"msg": "x" * MAX_BYTES}])
