"""What is told goes into the store at once, what is seen after a while, and neither costs anyone anything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest

from corvo_agent.errors import PermissionRefused
from corvo_agent.modules.history.entry import LEVEL, HistoryEntry
from corvo_agent.modules.history.recorder import HistoryRecorder
from corvo_agent.modules.history.store import HistoryStore
from corvo_agent.modules.history.value import History, history_key
from corvo_agent.modules.kv import KeyValue
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.watching.watch import Watch
from corvo_agent.testing import FakeClock

NAME = "node1-shop"


def level(revision: int, *, name: str = NAME, who: str = "") -> HistoryEntry:
    return HistoryEntry(name, LEVEL, 1, revision, revision - 1, level_to="Debug", who=who, seen=not who)


async def written(kv: MemoryStore, name: str = NAME, count: int = 1) -> History:
    """The history of a Module as soon as it has ``count`` changes."""
    async with Watch(kv, history_key(name), exact=True) as watch:
        async for _ in watch:
            if len(found := await HistoryStore(kv).read(name)) >= count:
                return found
    raise AssertionError("the watch ended")


@pytest.fixture
async def kv() -> MemoryStore:
    kept = MemoryStore()
    for _ in range(100):
        await kept.put("/elsewhere", b"")
    return kept


async def test_who_made_a_change_tells_it_before_who_saw_it(kv: MemoryStore) -> None:
    clock = FakeClock()
    writes: list[Sequence[HistoryEntry]] = []

    class Counted(HistoryStore):
        async def add(self, name: str, told: Sequence[HistoryEntry]) -> History:
            writes.append(told)
            return await super().add(name, told)

    async with HistoryRecorder(Counted(kv), clock=clock, draw=lambda low, high: high) as recorder:
        recorder.see([level(5)])
        await clock.wait_sleeping()
        assert not writes
        recorder.tell([level(5, who="alice")])
        assert [each.who for each in await written(kv)] == ["alice"]
        # What is known already is not even looked up.
        recorder.see([level(5)])
        await clock.wait_sleeping()
        await clock.advance(2)
        assert len(writes) == 1
        recorder.see([level(7)])
        await clock.wait_sleeping()
        await clock.advance(2)
    assert [(each.revision, each.seen) for each in await written(kv, count=2)] == [(7, True), (5, False)]


async def test_what_waits_while_the_store_is_away_comes_when_it_is_back(kv: MemoryStore) -> None:
    async with HistoryRecorder(HistoryStore(kv)) as recorder:
        kv.go_away()
        recorder.tell([level(5, who="alice"), level(6, name="node1-bank", who="bob")])
        await asyncio.sleep(0)
        kv.come_back()
        assert (await written(kv))[0].who == "alice"
        assert (await written(kv, "node1-bank"))[0].who == "bob"


async def test_leaving_writes_what_waits(kv: MemoryStore) -> None:
    async with HistoryRecorder(HistoryStore(kv)) as recorder:
        recorder.see([level(5)])
        recorder.tell([level(6, who="alice")])
    assert [each.revision for each in await HistoryStore(kv).read(NAME)] == [6, 5]


async def test_who_may_not_write_says_so_once_and_goes_on(kv: MemoryStore, caplog: pytest.LogCaptureFixture) -> None:
    class Refusing(MemoryStore):
        async def get(self, key: str, *, serializable: bool = False, revision: int = 0) -> KeyValue | None:
            raise PermissionRefused("etcd", f"no right to {key}")

    with caplog.at_level(logging.INFO):
        async with HistoryRecorder(HistoryStore(Refusing())) as recorder:
            recorder.tell([level(5)])
        async with recorder:
            recorder.tell([level(6)])
    assert caplog.text.count("is left to others") == 1


async def test_more_than_may_wait_is_left_out_and_counted(kv: MemoryStore, caplog: pytest.LogCaptureFixture) -> None:
    async with HistoryRecorder(HistoryStore(kv), limit=3) as recorder:
        recorder.tell([replace(level(number), seen=False, who="alice") for number in range(2, 9)])
    assert [each.revision for each in await HistoryStore(kv).read(NAME)] == [4, 3, 2]
    assert "4 changes were left out" in caplog.text


async def test_a_name_that_no_module_can_have_stops_nothing(kv: MemoryStore) -> None:
    async with HistoryRecorder(HistoryStore(kv)) as recorder:
        recorder.tell([level(5, name="-"), level(6, who="alice")])
    assert len(await HistoryStore(kv).read(NAME)) == 1
