"""A fault of ours in one followed log ends that log and is told; for all else see test_logs.py."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator

import pytest

from corvo_agent.diagnostics.messages.payloads import logs_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.gateway.multiplex.kinds import Outlet
from corvo_agent.gateway.multiplex.outbox import Outbox
from corvo_agent.gateway.routing.router import Router
from corvo_agent.gateway.subscriptions.followed_module import FollowedModule
from corvo_agent.gateway.subscriptions.live_order import LiveOrder
from corvo_agent.gateway.subscriptions.opening import Opening
from corvo_agent.logs.tail.resume import Resume


class Faulty(Router):
    """Fails as no router should, after a long batch and a short one."""

    def __init__(self) -> None:
        pass

    async def stream(self, query: DebugQuery) -> AsyncGenerator[Payload]:
        yield logs_payload([{"msg": "x" * 40_000}])
        yield logs_payload([{"msg": "y"}])
        raise ZeroDivisionError(query.name)


async def test_a_reader_is_told_of_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox()
    out = Outlet("l", outbox)
    opening = Opening(out)
    with caplog.at_level(logging.CRITICAL):
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            tasks.create_task(opening.run(["m1"]))
            order = LiveOrder(out, lambda: False)
            saying = tasks.create_task(order.run())
            await FollowedModule("m1", Faulty(), Resume({}), asyncio.Semaphore(1)).run(out, opening, order)
            await asyncio.sleep(0)
            saying.cancel()
    first, second, last = (json.loads(line) for line in (await outbox.take()).splitlines())
    assert (len(first["log"]["msg"]), second["log"]["msg"]) == (40_000, "y")
    assert (last["module"], last["ended"], "ZeroDivisionError: m1" in str(last["status"])) == ("m1", True, True)
