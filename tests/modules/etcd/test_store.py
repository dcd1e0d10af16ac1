"""What is the etcd store's own: lost answers, failover, pages, bounds and what it tells of itself.

What it has in common with other stores is in test_kv_contract.py.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import (
    AlreadyExists,
    CorvoError,
    DeadlineExceeded,
    NotFound,
    RemoteError,
    ResourceExhausted,
    Unavailable,
    VersionConflict,
)
from corvo_agent.modules.etcd import page_size
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStatistics, EtcdStore
from corvo_agent.modules.kv import KeyValue
from tests.faulty_server import CannedServer, FaultyProxy, Mode, answer, endless
from tests.kept_ports import NOBODY_THERE
from tests.modules.etcd_json import NEAR_MISSES

CREATED = b'{"result":{"created":true}}\n'


NOBODY = f"http://{NOBODY_THERE}"


@asynccontextmanager
async def behind(etcd: EmbeddedEtcd, *more: str, **options: Any) -> AsyncIterator[tuple[FaultyProxy, EtcdStore]]:
    """A store whose first endpoint is a proxy of ``etcd``; patient, unless ``options`` say otherwise."""
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(FaultyProxy(etcd.endpoint))
        store = EtcdStore(EtcdOptions.from_urls(",".join((proxy.endpoint, *more)), **{"call_timeout": 30.0, **options}))
        yield proxy, await stack.enter_async_context(store)


@asynccontextmanager
async def canned(reply: Callable[[str, bytes], bytes | None], **options: Any) -> AsyncIterator[EtcdStore]:
    async with (
        CannedServer(reply) as server,
        EtcdStore(EtcdOptions.from_urls(server.endpoint, **options)) as store,
    ):
        yield store


async def test_it_opens_while_etcd_is_away() -> None:
    async with EtcdStore(EtcdOptions.from_urls(NOBODY)) as store:
        with pytest.raises(Unavailable) as caught:
            await store.get("a")
        assert (caught.value.peer, caught.value.reason) == (NOBODY, "Connection refused")
        with pytest.raises(Unavailable):
            await anext(store.changes("a", 1))
        assert store.statistics() == EtcdStatistics(NOBODY, 2, 2, 0, 0, 0)


async def test_all_endpoints_that_were_tried_are_named() -> None:
    endpoints = [NOBODY, NOBODY.replace("127.0.0.1", "127.0.0.2")]
    async with EtcdStore(EtcdOptions.from_urls(",".join(endpoints))) as store:
        with pytest.raises(Unavailable) as caught:
            await store.put("a", b"")
    for endpoint in endpoints:
        assert endpoint in caught.value.peer
        assert f"{endpoint}: Connection refused" in caught.value.reason


async def test_a_dead_endpoint_is_passed_over_once(etcd: EmbeddedEtcd) -> None:
    async with EtcdStore(EtcdOptions.from_urls(f"{NOBODY},{etcd.endpoint}")) as store:
        first = await store.put("a", b"1")
        await store.put("a", b"2")
        counted = replace(store.statistics(), clock_difference=None)
        assert counted == EtcdStatistics(etcd.endpoint, 2, 0, 1, 0, 0)
        async with aclosing(store.changes("a", first)) as batches:
            assert await anext(batches)
            assert store.statistics().open_watches == 1
            assert repr(store).endswith(f"using {etcd.endpoint}, 1 watches>")


async def test_a_silent_endpoint_is_passed_over(etcd: EmbeddedEtcd) -> None:
    # Half of the time is for the one that is silent; the other half is for a machine that is busy.
    async with behind(etcd, etcd.endpoint, call_timeout=4.0) as (proxy, store):
        proxy.mode = Mode.SWALLOW
        created = await store.create("a", b"1")
        assert await store.get("a") == KeyValue("a", b"1", created, created)
        assert store.statistics().endpoint == etcd.endpoint


async def test_a_create_whose_answer_was_lost_has_happened(etcd: EmbeddedEtcd) -> None:
    async with behind(etcd, etcd.endpoint) as (proxy, store):
        proxy.mode = Mode.LOSE_ANSWER
        created = await store.create("a", b"1")
        assert await store.get("a") == KeyValue("a", b"1", created, created)


async def test_a_create_whose_answer_was_lost_may_have_failed(etcd: EmbeddedEtcd) -> None:
    async with behind(etcd, etcd.endpoint) as (proxy, store):
        await store.put("a", b"somebody else's")
        proxy.mode = Mode.LOSE_ANSWER
        with pytest.raises(AlreadyExists):
            await store.create("a", b"1")


async def test_an_update_whose_answer_was_lost_has_happened(etcd: EmbeddedEtcd) -> None:
    async with behind(etcd, etcd.endpoint) as (proxy, store):
        first = await store.put("a", b"1")
        proxy.mode = Mode.LOSE_ANSWER
        second = await store.update("a", b"2", expected=first)
        assert await store.get("a") == KeyValue("a", b"2", first, second)


async def test_an_update_whose_answer_was_lost_may_have_failed(etcd: EmbeddedEtcd) -> None:
    async with behind(etcd, etcd.endpoint) as (proxy, store):
        first = await store.put("a", b"1")
        second = await store.put("a", b"somebody else's")
        proxy.mode = Mode.LOSE_ANSWER
        with pytest.raises(VersionConflict) as caught:
            await store.update("a", b"2", expected=first)
        assert caught.value.actual == second


async def test_other_writes_are_not_repeated_in_doubt(etcd: EmbeddedEtcd) -> None:
    async with behind(etcd, etcd.endpoint) as (proxy, store), EtcdStore(EtcdOptions.from_urls(etcd.endpoint)) as other:
        writes = (store.put("a", b"2"), store.update("a", b"3"), store.delete("a"))
        for number, write in enumerate(writes):
            before = await other.put("a", b"0")
            proxy.mode = Mode.LOSE_ANSWER
            store._session._failover._current = 0  # it has moved on from the proxy
            with pytest.raises(Unavailable):
                await write
            # Carried out once, though nobody could tell.
            assert (await other.range("")).revision == before + 1, number


async def test_every_call_ends_in_time(etcd: EmbeddedEtcd) -> None:
    async with behind(etcd, call_timeout=0.3) as (proxy, store):
        proxy.mode = Mode.SWALLOW
        calls = (
            *(store.get("a"), store.range("a"), store.create("a", b""), store.update("a", b""), store.put("a", b"")),
            *(store.delete("a"), store.grant_lease(5), store.keep_lease(7), store.revoke_lease(7)),
            anext(store.changes("a", 1)),
        )
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [DeadlineExceeded] * len(calls)


async def test_a_broken_watch_moves_the_store_to_the_next_endpoint(etcd: EmbeddedEtcd) -> None:
    async with behind(etcd, etcd.endpoint) as (proxy, store):
        first = await store.put("a", b"1")
        async with aclosing(store.changes("a", first)) as batches:
            await anext(batches)
            waiting = asyncio.ensure_future(anext(batches))
            proxy.mode = Mode.LOSE_ANSWER
            async with EtcdStore(EtcdOptions.from_urls(etcd.endpoint)) as other:
                await other.put("a", b"2")
            with pytest.raises(Unavailable):
                await waiting
        assert store.statistics().endpoint == etcd.endpoint


async def test_watches_are_bounded_and_calls_go_on(etcd: EmbeddedEtcd) -> None:
    options = EtcdOptions.from_urls(etcd.endpoint, max_watches=3, max_connections=1)
    async with EtcdStore(options) as store, AsyncExitStack() as stack:
        first = await store.put("a", b"")
        streams = [await stack.enter_async_context(aclosing(store.changes("", first))) for _ in range(3)]
        for stream in streams:
            await anext(stream)
        with pytest.raises(ResourceExhausted) as caught:
            await anext(store.changes("", first))
        assert caught.value.limit == 3
        await asyncio.gather(*(store.put(str(number), b"") for number in range(20)))
        await streams[0].aclose()
        await anext(await stack.enter_async_context(aclosing(store.changes("", first))))


async def test_calls_wait_their_turn_within_their_time(etcd: EmbeddedEtcd) -> None:
    async with behind(etcd, call_timeout=0.3, max_connections=1) as (proxy, store):
        proxy.mode = Mode.SWALLOW
        calls = [asyncio.ensure_future(store.get(key)) for key in "abc"]
        # The time may pass before a crowded machine has sent anything.
        requested = asyncio.ensure_future(proxy.requested.wait())
        await asyncio.wait({requested, *calls}, return_when=asyncio.FIRST_COMPLETED)
        assert proxy.requests <= 1
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [DeadlineExceeded] * 3
        requested.cancel()
        proxy.mode = Mode.PASS
        got: object = DeadlineExceeded
        while got is DeadlineExceeded:
            # The place is free again; a call in it may be late all the same.
            try:
                got = await store.get("a")
            except DeadlineExceeded as error:
                got = type(error)
        assert got is None


async def test_a_call_that_is_cancelled_leaves_its_place(etcd: EmbeddedEtcd) -> None:
    async with behind(etcd, max_connections=1) as (proxy, store):
        proxy.mode = Mode.SWALLOW
        call = asyncio.ensure_future(store.get("a"))
        await proxy.requested.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        proxy.mode = Mode.PASS
        assert await store.get("a") is None


async def test_closing_ends_calls_under_way(etcd: EmbeddedEtcd) -> None:
    async with behind(etcd) as (proxy, store):
        proxy.mode = Mode.SWALLOW
        call = asyncio.ensure_future(store.get("a"))
        await proxy.requested.wait()
        await store.__aexit__(None, None, None)
        with pytest.raises(Unavailable):
            await call
    with pytest.raises(Unavailable, match="not open"):
        await store.get("a")


async def test_pages_keep_one_revision(etcd: EmbeddedEtcd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_size, "PAGE", 2)
    async with EtcdStore(EtcdOptions.from_urls(etcd.endpoint)) as store:
        for key in "abcde":
            await store.put(key, b"old")
        reading = asyncio.ensure_future(store.range(""))
        await asyncio.gather(*(store.put(key, b"new") for key in "abcde"))
        found = await reading
        assert [item.key for item in found.items] == list("abcde")
        assert max(item.mod_revision for item in found.items) <= found.revision
        # A state that existed: nothing at or before its revision is missing from it.
        later = [item for item in (await store.range("")).items if item.mod_revision <= found.revision]
        assert set(later) <= set(found.items)


async def test_large_values_come_in_smaller_pages(etcd: EmbeddedEtcd) -> None:
    # Together many times what one answer may hold, and the first ones give no warning of it.
    sizes = [*[10] * 6, *[120_000] * 40, *[10] * 6]
    async with EtcdStore(EtcdOptions.from_urls(etcd.endpoint, max_message=500_000)) as store:
        for number, size in enumerate(sizes):
            await store.put(f"large/{number:02}", b"x" * size)
        found = await store.range("large/")
        assert [len(item.value) for item in found.items] == sizes
        assert [len(item.value) for item in (await store.range("large/", limit=9)).items] == sizes[:9]
        await store.put("large/10", b"x" * 400_000)
        with pytest.raises(ResourceExhausted):
            await store.range("large/")


async def test_a_range_starts_again_when_its_revision_is_compacted() -> None:
    item = {"key": "aw==", "create_revision": "1", "mod_revision": "1"}
    compacted = answer(b'{"code":11,"message":"etcdserver: mvcc: required revision has been compacted"}', "400 X")
    pages = iter([1, compacted, 2, 3, *[4, compacted] * 3])

    def reply(path: str, body: bytes) -> bytes:
        page = next(pages)
        if isinstance(page, bytes):
            return page
        header = {"revision": str(page), "cluster_id": "7"}
        return answer(orjson.dumps({"header": header, "kvs": [item], "more": page != 3}))

    async with canned(reply) as store:
        found = await store.range("")
        assert (len(found.items), found.revision, found.cluster) == (2, 2, "7")
        with pytest.raises(RemoteError) as caught:
            await store.range("")
        assert caught.value.code == "OUT_OF_RANGE"


async def test_what_is_too_large_for_etcd_is_refused(etcd: EmbeddedEtcd) -> None:
    async with EtcdStore(EtcdOptions.from_urls(etcd.endpoint)) as store:
        for size in (1_600_000, 4_000_000):
            with pytest.raises(ResourceExhausted):
                await store.put("a", b"x" * size)
        assert await store.put("a", b"x" * 1_500_000)


async def test_an_error_of_etcd_keeps_its_name(etcd: EmbeddedEtcd) -> None:
    async with EtcdStore(EtcdOptions.from_urls(etcd.endpoint)) as store:
        with pytest.raises(RemoteError) as caught:
            await store.put("", b"")
        assert (caught.value.peer, caught.value.code) == (etcd.endpoint, "INVALID_ARGUMENT")


async def test_a_revoke_passes_errors_on_but_that_the_lease_is_gone() -> None:
    async with canned(lambda path, body: answer(b'{"code":8,"message":"too many"}', "429 X")) as store:
        with pytest.raises(RemoteError):
            await store.revoke_lease(1)
    async with canned(lambda path, body: answer(b'{"code":5,"message":"gone"}', "404 X")) as store:
        await store.revoke_lease(1)
        with pytest.raises(NotFound):
            await store.put("a", b"", lease=1)


@pytest.mark.parametrize("event", [b'{"kv":{}}', b"5", b'{"kv":{"key":"?"}}'])
async def test_events_that_are_none_end_the_watch(event: bytes) -> None:
    stream = endless(CREATED + b'{"result":{"events":[%s]}}\n' % event)
    async with canned(lambda path, body: stream) as store:
        with pytest.raises(RemoteError) as caught:
            await anext(store.changes("", 1))
        assert caught.value.code == "DATA_LOSS"
        assert store.statistics().open_watches == 0


@settings(max_examples=40)
@given(raw=NEAR_MISSES, kind=st.sampled_from(["get", "range", "create", "update", "put", "delete", "grant", "keep"]))
async def test_whatever_a_server_answers_gives_values_or_an_error_of_ours(raw: dict[str, Any], kind: str) -> None:
    body = orjson.dumps({**raw, "more": False})
    async with canned(lambda path, _: answer(body), call_timeout=0.2) as store:
        calls: dict[str, Callable[[], Any]] = {
            "get": lambda: store.get("a"),
            "range": lambda: store.range("a"),
            "create": lambda: store.create("a", b""),
            "update": lambda: store.update("a", b"", expected=1),
            "put": lambda: store.put("a", b""),
            "delete": lambda: store.delete("a", expected=1),
            "grant": lambda: store.grant_lease(1.0),
            "keep": lambda: store.keep_lease(1),
        }
        with contextlib.suppress(CorvoError):
            await calls[kind]()


async def test_large_messages_leave_the_loop_to_others(etcd: EmbeddedEtcd) -> None:
    async with EtcdStore(EtcdOptions.from_urls(etcd.endpoint)) as store:
        first = await store.put("k", b"")
        for start in range(0, 1000, 50):
            await asyncio.gather(*(store.put(f"k/{number}", b"x" * 500) for number in range(start, start + 50)))
        batches = store.changes("k/", first)
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        received = 0
        async with aclosing(batches):
            while received < 1000:
                turns = 0
                batch = await anext(batches)
                assert turns >= (len(batch) - 1) // 250
                received += len(batch)
        counting.cancel()
        await asyncio.wait({counting})


def test_nothing_that_is_shown_holds_the_password() -> None:
    store = EtcdStore(EtcdOptions(username="u", password="secret"))
    assert "secret" not in repr(store) + repr(store.statistics())
