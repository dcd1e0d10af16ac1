"""Rows are made once for all, and each who looks is told what changes, once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest_asyncio

from corvo_agent.clock import SYSTEM_CLOCK
from corvo_agent.gateway.statuses.board import Row, RowFeed, StatusBoard
from corvo_agent.gateway.watching.endpoint_cache import EndpointCache
from corvo_agent.gateway.watching.module_cache import ModuleCache
from corvo_agent.gateway.watching.watch_hub import WatchHub
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.controls.store import ControlStore
from corvo_agent.modules.module_level import ModuleLevel
from corvo_agent.modules.names import key_of
from corvo_agent.modules.selectors.list_options import ListOptions
from corvo_agent.overview.facts import Facts
from corvo_agent.overview.measuring import Measured
from corvo_agent.overview.overview import Overview
from corvo_agent.overview.recent_errors import RecentErrors
from tests.held import held

from ..conftest import Store
from ..modules import NOW, module


async def ask(name: str, recent: RecentErrors) -> Measured:
    return Measured(SYSTEM_CLOCK.time_ns(), 3)


@pytest_asyncio.fixture
async def board(store: Store) -> AsyncIterator[StatusBoard]:
    for name in ("a1", "b2"):
        await store.put_module(module(name, labels={"team": name[0]}))
    async with ModuleCache(store, WatchHub()) as modules, EndpointCache(store) as beside:
        await modules.wait_synced(30)
        await beside.wait_synced(30)
        made = StatusBoard(modules, beside, ask, SYSTEM_CLOCK)
        async with made.measurer:
            yield made
        made.stop()


def names(feed: RowFeed) -> list[str]:
    return [row.module.name for row in feed.take(100)[0]]


async def moved(feed: RowFeed) -> None:
    async with asyncio.timeout(30):
        await feed.moved()


async def test_each_row_is_told_once_until_it_changes(board: StatusBoard, store: Store) -> None:
    feed, other = board.open(ListOptions().selection()), board.open(ListOptions(label_selector="team=a").selection())
    assert (names(feed), names(other)) == (["a1", "b2"], ["a1"])
    assert (feed.waiting, feed.take(100)) == (0, ([], []))
    await store.put_module(module("b2", labels={"team": "a"}, level="Debug"))
    await moved(feed)
    assert names(feed) == names(other) == ["b2"]
    # Both were handed the same bytes.
    assert board.row("b2", measured=False) is board.row("b2", measured=False)
    await store.delete(key_of("b2"))
    await moved(feed)
    assert feed.take(100) == other.take(100) == ([], ["b2"])
    board.close(feed)
    board.close(feed)
    assert len(board) == 1


async def test_the_end_of_an_override_is_told_though_nothing_was_written(board: StatusBoard, store: Store) -> None:
    feed = board.open(ListOptions(name="a1").selection())
    for level, seconds in ((b'"level":"Debug"', 3600), (b'"level":"Info"', 1)):
        await ControlStore(store).put("a1", Control("Debug", time.time_ns() + seconds * 10**9))
        told = b""
        while level not in told:
            await moved(feed)
            told = _json(feed)


async def test_ends_of_overrides_that_were_replaced_are_not_kept_until_then(board: StatusBoard, store: Store) -> None:
    feed, controls = board.open(ListOptions(name="a1").selection()), ControlStore(store)
    names(feed)
    for hours in range(200, 0, -1):
        await controls.put("a1", Control("Debug", time.time_ns() + hours * 3600 * 10**9))
        await moved(feed)
        assert names(feed) == ["a1"]
    assert held(board)["StatusBoard._ends"] < 100
    # The one that counts is among those that are left.
    await controls.put("a1", Control("Debug", time.time_ns() + 10**9 // 5))
    told = b""
    while b'"level":"Info"' not in told:
        await moved(feed)
        told = _json(feed)


def _json(feed: RowFeed) -> bytes:
    return b"".join(row.json for row in feed.take(100)[0])


async def test_what_is_measured_is_in_the_rows_of_those_who_look_at_it(board: StatusBoard, store: Store) -> None:
    await store.put_endpoint("a1", "10.0.0.1:1")
    looking, other = board.open(ListOptions().selection(), ["a1"]), board.open(ListOptions().selection())
    errors = b""
    while b'"errors":3' not in errors:
        await moved(looking)
        errors += _json(looking)
    assert b'"errors":3' not in _json(other)
    board.close(looking)
    assert len(board.measurer) == 0


def test_a_row_whose_age_alone_changed_is_told_only_now_and_then() -> None:
    def row(asked: int | None, cpu: float = 1.0) -> Row:
        measured = None if asked is None else Measured(asked, 0, facts=Facts(cpu=cpu))
        return Row(Overview(ModuleLevel(module()), measured), NOW)

    first = row(NOW)
    assert not row(NOW + 5 * 10**9).tells(first)
    assert row(NOW + 5 * 10**9, cpu=2.0).tells(first)
    assert row(NOW + 31 * 10**9).tells(first)
    assert row(None).tells(first)
    assert not first.tells(first)
    assert first.tells(None)
