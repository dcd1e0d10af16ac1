"""Controls in a store: one for each logger of what our tools write, under a lease that outlives it by an hour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import InvalidArgument, NotFound, ResourceExhausted, Unavailable
from corvo_agent.modules.controls.codec import control_key, controls_prefix
from corvo_agent.modules.controls.control import MAX_CONTROLS, Control
from corvo_agent.modules.controls.store import KEPT_AFTER_END, LONGEST, ControlStore
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.kv import KeyValueStore
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.testing import FakeClock
from corvo_agent.timestamps import LONGEST_HOLD

NAME = "node1-shop"
MINUTE = 60 * 10**9


@pytest_asyncio.fixture(params=["memory", "etcd"])
async def kv(request: pytest.FixtureRequest, etcd: EmbeddedEtcd) -> AsyncIterator[KeyValueStore]:
    if request.param == "memory":
        opened: KeyValueStore = MemoryStore()
    else:
        opened = EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=20.0))
    async with opened as entered:
        yield entered


async def test_one_takes_the_place_of_the_one_before_it_for_its_logger(kv: KeyValueStore) -> None:
    store = ControlStore(kv)
    first = await store.put(NAME, Control("Debug", by="kim"))
    other = await store.put(NAME, Control("Error", logger="http"))
    assert await store.list(NAME) == (other, first)
    second = await store.put(NAME, Control("Warn"))
    assert second.revision > other.revision
    assert await store.list(NAME) == (other, second)
    assert await store.list("node1-other") == ()


async def test_what_people_wrote_for_the_same_logger_goes(kv: KeyValueStore) -> None:
    store = ControlStore(kv)
    await kv.put(control_key(NAME, "mine"), b'{"level":"Debug"}')
    await kv.put(control_key(NAME, "http"), b'{"level":"Debug","logger":"http"}')
    await store.put(NAME, Control("Warn"))
    assert [control.id for control in await store.list(NAME)] == ["http", "process"]


async def test_they_are_taken_away_by_logger_or_all(kv: KeyValueStore) -> None:
    store = ControlStore(kv)
    assert not await store.clear(NAME)
    await store.put(NAME, Control("Debug"))
    http = await store.put(NAME, Control("Debug", logger="http"))
    await kv.put(control_key(NAME, "mine"), b'{"level":"Debug"}')
    assert await store.clear(NAME)
    assert await store.list(NAME) == (http,)
    assert await store.clear(NAME, "http")
    await kv.put(control_key(NAME, "bad"), b"nothing")
    await store.put(NAME, Control("Debug"))
    await store.clear_all(NAME)
    assert (await kv.range(controls_prefix(NAME))).items == ()


async def test_one_that_was_written_anew_is_not_taken_for_the_old_one(kv: KeyValueStore) -> None:
    store = ControlStore(kv)
    old = await store.put(NAME, Control("Debug"))
    new = await store.put(NAME, Control("Warn"))
    assert not await store.delete(NAME, old)
    assert await store.list(NAME) == (new,)
    assert await store.delete(NAME, new)


async def test_writers_at_the_same_time_leave_one(kv: KeyValueStore) -> None:
    store = ControlStore(kv)
    written = await asyncio.gather(*(store.put(NAME, Control("Debug", reason=str(number))) for number in range(8)))
    assert await store.list(NAME) == (max(written, key=lambda control: control.revision),)


async def test_it_lies_under_a_lease_of_its_time_and_an_hour(kv: KeyValueStore) -> None:
    clock = FakeClock()
    store = ControlStore(kv, clock=clock)
    await store.put(NAME, Control("Debug", clock.time_ns() + 10 * MINUTE))
    await store.put(NAME, Control("Debug", logger="http"))
    ending, lasting = sorted((await kv.range(controls_prefix(NAME))).items, key=lambda item: -item.lease)
    assert ending.lease
    left = await kv.keep_lease(ending.lease)
    assert 600 + KEPT_AFTER_END - 2 < left <= 600 + KEPT_AFTER_END + 1
    assert lasting.lease == 0
    # Made to last, it is no longer under the lease.
    await store.put(NAME, Control("Debug"))
    await kv.revoke_lease(ending.lease)
    assert [control.until for control in await store.list(NAME)] == [0, 0]


async def test_it_ends_before_the_longest_lease(kv: KeyValueStore) -> None:
    clock = FakeClock()
    store = ControlStore(kv, clock=clock)
    await store.put(NAME, Control("Debug", until=clock.time_ns() + int(LONGEST) * 10**9))
    with pytest.raises(InvalidArgument, match="until: is too far ahead"):
        await store.put(NAME, Control("Debug", until=clock.time_ns() + int(LONGEST + 1) * 10**9))
    # Commands refuse what is longer by themselves.
    assert LONGEST_HOLD < LONGEST * 10**9


async def test_there_is_a_bound_to_how_many_there_are() -> None:
    kv = MemoryStore()
    store = ControlStore(kv)
    for number in range(MAX_CONTROLS):
        await kv.put(control_key(NAME, f"c{number}"), b'{"level":"Debug","logger":"l%d"}' % number)
    with pytest.raises(ResourceExhausted, match="controls of module node1-shop"):
        await store.put(NAME, Control("Debug"))
    await store.clear(NAME, "l0")
    await store.put(NAME, Control("Debug"))
    # One that is there may be changed.
    await store.put(NAME, Control("Warn"))


async def test_a_value_that_cannot_be_read_is_told_and_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    kv = MemoryStore()
    await kv.put(control_key(NAME, "bad"), b'{"level":"loud"}')
    good = await ControlStore(kv).put(NAME, Control("Debug"))
    caplog.clear()
    assert await ControlStore(kv).list(NAME) == (good,)
    assert "control ignored: /corvo/v1/modules/node1-shop/controls/bad" in caplog.text


async def test_a_bad_one_is_refused_before_anything_is_written() -> None:
    kv = MemoryStore()
    with pytest.raises(InvalidArgument):
        await ControlStore(kv).put(NAME, Control("loud"))
    with pytest.raises(InvalidArgument):
        await ControlStore(kv).put("no/name", Control("Debug"))
    assert kv.revision == 1


async def test_a_write_that_fails_gives_its_lease_back() -> None:
    class Failing(MemoryStore):
        failures = [Unavailable("etcd", "gone"), NotFound("lease", "1")]
        revoked: list[int] = []

        async def create(self, key: str, value: bytes, *, lease: int = 0) -> int:
            raise self.failures.pop(0)

        async def revoke_lease(self, lease: int) -> None:
            self.revoked.append(lease)
            if len(self.revoked) == 2:
                raise Unavailable("etcd", "gone")

    kv = Failing()
    until = FakeClock().time_ns() + MINUTE
    with pytest.raises(Unavailable):
        await ControlStore(kv, clock=FakeClock()).put(NAME, Control("Debug", until))
    with pytest.raises(NotFound):
        await ControlStore(kv, clock=FakeClock()).put(NAME, Control("Debug", until))
    assert kv.revoked == [1, 2]


async def test_one_with_an_id_of_its_own_lies_beside_the_others_and_goes_alone(kv: KeyValueStore) -> None:
    store = ControlStore(kv)
    first = await store.put(NAME, Control("Warn"))
    mine = await store.put(NAME, Control("Debug", id="watch-1"))
    assert await store.list(NAME) == (first, mine)
    again = await store.put(NAME, Control("Debug", id="watch-1", reason="still"))
    assert again.revision > mine.revision
    assert await store.clear(NAME, id="watch-1")
    assert not await store.clear(NAME, id="watch-1")
    assert await store.list(NAME) == (first,)
    with pytest.raises(InvalidArgument):
        await store.put(NAME, Control("Debug", id="a/b"))
