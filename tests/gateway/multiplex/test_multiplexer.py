"""Subscriptions run side by side: one that fails ends itself, and takes no other along."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest

from corvo_agent.access.caller import Caller, calling
from corvo_agent.access.roles import Role
from corvo_agent.errors import Busy, CorvoError, NotAuthorized, NotFound, Unavailable
from corvo_agent.gateway.multiplex.kinds import Outlet
from corvo_agent.gateway.multiplex.multiplexer import MAX_OF_ONE, Multiplexer


class Speaking:
    """A kind whose subscriptions say ``says`` and end, fail with ``error``, or go on for ever."""

    def __init__(self, *says: str, error: Exception | None = None, endless: bool = False) -> None:
        self._says = says
        self._error = error
        self._endless = endless
        self.left = asyncio.Event()

    def open(self, wanted: Mapping[str, Any]) -> Speaking:
        return self

    async def run(self, out: Outlet) -> None:
        try:
            for text in self._says:
                await out.say("word", text=text)
            if self._error is not None:
                raise self._error
            if self._endless:
                await asyncio.Event().wait()
        finally:
            self.left.set()


def made(**kinds: Speaking) -> Multiplexer:
    return Multiplexer(kinds, dict.fromkeys(kinds, Role.READER))


def wanted(*kinds: str) -> dict[str, Any]:
    return {"subscriptions": [{"id": f"my-{kind}", "kind": kind} for kind in kinds]}


async def heard(multiplexer: Multiplexer, *kinds: str) -> list[dict[str, Any]]:
    lines = b""
    async with multiplexer.stream(multiplexer.subscriptions(wanted(*kinds))) as outbox:
        while piece := await outbox.take():
            lines += piece
    return [json.loads(line) for line in lines.splitlines()]


@pytest.mark.parametrize("error", [NotFound("log file", "x"), CorvoError("odd"), ZeroDivisionError("ours")])
async def test_one_that_fails_says_so_and_the_others_go_on(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    multiplexer = made(bad=Speaking("a", error=error), good=Speaking("b", "c"))
    with caplog.at_level(logging.CRITICAL):
        lines = await heard(multiplexer, "bad", "good")
    assert [line for line in lines if line["id"] == "my-good"] == [
        {"id": "my-good", "type": "word", "text": "b"},
        {"id": "my-good", "type": "word", "text": "c"},
        {"id": "my-good", "type": "end"},
    ]
    word, failed = (line for line in lines if line["id"] == "my-bad")
    assert word["text"] == "a"
    assert (failed["type"], failed["ended"]) == ("error", True)
    assert failed["status"]["code"] >= 400
    assert len(multiplexer) == 0


async def test_a_subscription_takes_the_role_of_its_kind() -> None:
    multiplexer = made(k=Speaking())
    with calling(Caller("v", Role.VIEWER)), pytest.raises(NotAuthorized):
        multiplexer.subscriptions(wanted("k"))
    with calling(Caller("r", Role.READER)):
        assert multiplexer.subscriptions(wanted("k")).keys() == {"my-k"}


async def test_one_caller_cannot_take_all_streams() -> None:
    multiplexer = made(k=Speaking(endless=True))
    async with AsyncExitStack() as stack:
        with calling(Caller("greedy", Role.ADMIN, address="10.0.0.1")):
            for _ in range(MAX_OF_ONE):
                await stack.enter_async_context(multiplexer.stream({}))
            with pytest.raises(Busy):
                await stack.enter_async_context(multiplexer.stream({}))
        with calling(Caller("other", Role.ADMIN, address="10.0.0.1")):
            await stack.enter_async_context(multiplexer.stream({}))


async def test_who_leaves_ends_the_subscriptions_and_so_does_the_gateway() -> None:
    endless = Speaking(endless=True)
    multiplexer = made(k=endless)
    async with multiplexer.stream(multiplexer.subscriptions(wanted("k"))):
        assert len(multiplexer) == 1
        await asyncio.sleep(0)
    await asyncio.wait_for(endless.left.wait(), 30)
    async with multiplexer.stream(multiplexer.subscriptions(wanted("k"))) as outbox:
        await multiplexer.aclose()
        assert await outbox.take() == b""
        with pytest.raises(Unavailable):
            async with multiplexer.stream({}):
                raise AssertionError("no stream begins when the gateway stops")
