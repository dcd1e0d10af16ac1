"""Live lines of several logs in the order of their times: late ones are marked, and none is lost."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from corvo_agent.gateway.multiplex.kinds import Outlet
from corvo_agent.gateway.multiplex.outbox import Outbox
from corvo_agent.gateway.subscriptions.live_order import MOST_BYTES, LiveOrder


def record(second: int, text: str = "") -> dict[str, str]:
    return {"ts": f"2026-11-26T10:00:{second:02}Z", "msg": text or str(second)}


async def said(outbox: Outbox, count: int) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    while len(lines) < count:
        lines += [json.loads(line) for line in (await outbox.take()).splitlines()]
    return lines


def texts(lines: list[dict[str, Any]]) -> list[str]:
    return [line["log"]["msg"] if "log" in line else line["type"] for line in lines]


async def test_lines_are_put_in_order_and_what_belongs_behind_them_stays_there() -> None:
    outbox = Outbox()
    out = Outlet("l", outbox)
    order = LiveOrder(out, lambda: True, span=0.05)
    async with asyncio.timeout(30):
        running = asyncio.create_task(order.run())
        await order.add("a", [record(1), record(3), {"msg": "no time"}])
        await order.say("a", out.line("cursor", module="a", cursor="x"))
        await order.add("b", [record(2), record(4)])
        lines = await said(outbox, 6)
        assert texts(lines) == ["1", "2", "3", "no time", "cursor", "4"]
        assert not any("late" in line for line in lines)
        # What comes when a later one has been said is told as such.
        await order.add("a", [record(3, "after all")])
        assert [(line["log"]["msg"], line["late"]) for line in await said(outbox, 1)] == [("after all", True)]
        running.cancel()


async def test_one_log_alone_waits_for_nothing_and_a_flood_waits_for_its_reader() -> None:
    outbox = Outbox()
    several = False
    order = LiveOrder(Outlet("l", outbox), lambda: several, span=3600)
    async with asyncio.timeout(60):
        running = asyncio.create_task(order.run())
        await order.add("a", [record(1)])
        assert texts(await said(outbox, 1)) == ["1"]
        several = True
        flood = [record(number % 60, f"{number} " + "x" * 20_000) for number in range(200)]
        assert len(flood) * 20_000 > 3 * MOST_BYTES
        adding = asyncio.create_task(order.add("b", flood))
        # More than may wait: the rest of it is there, in its order, though nothing is due for an hour.
        lines = await said(outbox, 100)
        assert [text.split()[0] for text in texts(lines)] == [str(number) for number in range(len(lines))]
        running.cancel()
        adding.cancel()
