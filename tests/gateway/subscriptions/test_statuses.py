"""The fleet as a subscription: a long first listing gives way to others, and a slow reader is told what holds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from corvo_agent.access.caller import Caller, calling
from corvo_agent.access.roles import Role
from corvo_agent.clock import SYSTEM_CLOCK
from corvo_agent.gateway.multiplex.multiplexer import Multiplexer
from corvo_agent.gateway.multiplex.outbox import Outbox
from corvo_agent.gateway.statuses.board import StatusBoard
from corvo_agent.gateway.subscriptions.statuses import StatusesKind
from corvo_agent.gateway.watching.endpoint_cache import EndpointCache
from corvo_agent.gateway.watching.module_cache import ModuleCache
from corvo_agent.gateway.watching.watch_hub import WatchHub
from corvo_agent.overview.measuring import Measured
from corvo_agent.overview.recent_errors import RecentErrors

from ..conftest import Store
from ..modules import module

MANY = 600


async def ask(name: str, recent: RecentErrors) -> Measured:
    return Measured(SYSTEM_CLOCK.time_ns(), 3)


@pytest_asyncio.fixture
async def board(store: Store) -> AsyncIterator[StatusBoard]:
    for number in range(MANY):
        await store.put_module(module(f"m{number:03}", labels={"team": "shop" if number % 2 else "bank"}))
    async with ModuleCache(store, WatchHub()) as modules, EndpointCache(store) as beside:
        await modules.wait_synced(30)
        yield StatusBoard(modules, beside, ask, SYSTEM_CLOCK)


async def taken(outbox: Outbox) -> list[dict[str, object]]:
    async with asyncio.timeout(30):
        return [json.loads(line) for line in (await outbox.take()).splitlines()]


async def test_a_long_listing_gives_way_to_others(board: StatusBoard) -> None:
    multiplexer = Multiplexer({"statuses": StatusesKind(board)})
    fleet = multiplexer.subscriptions({"subscriptions": [{"id": "f", "kind": "statuses"}]})
    told: list[dict[str, object]] = []
    pieces = 0
    async with multiplexer.stream(fleet) as outbox:
        while not told or told[-1]["type"] != "listed":
            told += await taken(outbox)
            pieces += 1
    # A reader that is ready gets it in several pieces, between which others had their turn.
    assert pieces > 1
    assert len(told) == MANY + 1


async def test_a_slow_reader_is_told_the_last_state_and_not_all_that_were_before(
    board: StatusBoard, store: Store
) -> None:
    multiplexer = Multiplexer({"statuses": StatusesKind(board)})
    wanted = {"id": "f", "kind": "statuses", "name": "m001"}
    async with multiplexer.stream(multiplexer.subscriptions({"subscriptions": [wanted]})) as outbox:
        told = await taken(outbox)
        while told[-1]["type"] != "listed":
            told += await taken(outbox)
        for level in ("Warn", "Error", "Debug"):
            revision = await store.put_module(module("m001", level=level))
        await board.modules.wait_for(revision, 30)
        levels = [row["object"]["wanted"]["level"] for row in await taken(outbox)]  # type: ignore[index]
    assert levels == ["Debug"]


@pytest.mark.parametrize(("name", "looked_at"), [("m001", 1), ("m000", 0)])
async def test_no_caller_has_what_measured_that_is_not_its_own(board: StatusBoard, name: str, looked_at: int) -> None:
    with calling(Caller("shop", Role.VIEWER, "team=shop")):
        multiplexer = Multiplexer({"statuses": StatusesKind(board)})
        body = {"subscriptions": [{"id": "f", "kind": "statuses", "measure": [name]}]}
        async with multiplexer.stream(multiplexer.subscriptions(body)) as outbox:
            told = await taken(outbox)
            assert len(board.measurer) == looked_at
    assert told
    assert len(board.measurer) == 0
