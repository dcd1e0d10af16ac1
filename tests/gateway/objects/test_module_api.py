"""Reads from memory, writes through the store, and whoever writes here reads its own write here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from corvo_agent.errors import (
    AlreadyExists,
    Compacted,
    InvalidArgument,
    NotFound,
    RemoteError,
    Unavailable,
    VersionConflict,
)
from corvo_agent.gateway.objects.module_api import ModuleApi
from corvo_agent.gateway.watching.endpoint_cache import EndpointCache
from corvo_agent.gateway.watching.module_cache import ModuleCache
from corvo_agent.gateway.watching.watch_hub import WatchHub
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.kv import ClockDifference, Range
from corvo_agent.modules.model import Module, ModuleSpec, ObjectMeta
from corvo_agent.modules.names import key_of
from corvo_agent.modules.selectors.list_options import ListOptions
from corvo_agent.modules.store import ModuleStore
from corvo_agent.testing import FakeClock, MemoryStore

from ..conftest import Store
from ..modules import module

NAME = "a1"


@pytest.fixture
async def api(store: Store) -> AsyncIterator[ModuleApi]:
    hub = WatchHub()
    async with ModuleCache(store, hub, check_interval=0.5) as cache, EndpointCache(store) as beside:
        yield ModuleApi(ModuleStore(store), cache, hub, beside, sync_timeout=60)


def given(level: str = "Info", version: str = "") -> Module:
    return Module(ObjectMeta(name=NAME, resource_version=version), ModuleSpec(log_level=level))


async def names(api: ModuleApi, **options: object) -> list[str]:
    listing = await api.list(ListOptions(**options))  # type: ignore[arg-type]
    return [entry.module.name for entry in listing.items or ()]


async def test_every_write_is_in_the_next_read(api: ModuleApi, caplog: pytest.LogCaptureFixture) -> None:
    created = await api.create(given())
    assert (await api.get(NAME)).module == created.module
    assert (await api.put(NAME, given("Debug"))).module.spec.log_level == "Debug"
    assert (await api.get(NAME)).module.spec.log_level == "Debug"
    assert (await api.label(NAME, {"a": "1"})).module.meta.labels == {"a": "1"}
    await api.set_control(NAME, Control("Error"))
    assert [control.level for control in (await api.level(NAME)).controls] == ["Error"]
    assert (await api.set_level(NAME, "Warn")).module.spec.log_level == "warn"
    assert (await api.level(NAME)).controls == ()
    patched = await api.patch(NAME, {"spec": {"log-level": "Warn"}}, "")
    assert (await api.get(NAME)).module == patched.module
    assert (await api.delete(NAME)).module.spec.log_level == "Warn"
    with pytest.raises(NotFound):
        await api.get(NAME)
    assert await names(api) == []
    # None of them had to give up waiting for it.
    assert "has not come back" not in caplog.text


async def test_a_write_at_an_older_version_is_refused(api: ModuleApi) -> None:
    first = (await api.create(given())).module.meta.resource_version
    await api.put(NAME, given("Debug", first))
    for write in (
        api.put(NAME, given("Error", first)),
        api.patch(NAME, {"spec": {"log-level": "Error"}}, first),
        api.label(NAME, {"a": "1"}, first),
        api.delete(NAME, first),
    ):
        with pytest.raises(VersionConflict):
            await write
    assert (await api.get(NAME)).module.spec.log_level == "Debug"


async def test_without_a_version_every_writer_gets_through(api: ModuleApi) -> None:
    await api.create(given())
    await asyncio.gather(*(api.label(NAME, {"n": str(number)}) for number in range(8)))
    found = (await api.get(NAME)).module
    assert found.meta.labels["n"] in map(str, range(8))
    assert found.meta.generation_id == "9"


async def test_what_exists_and_what_does_not_are_told_apart(api: ModuleApi) -> None:
    await api.create(given())
    with pytest.raises(AlreadyExists):
        await api.create(given())
    for write in (
        api.put("zz", given()),
        api.label("zz", {}),
        api.set_level("zz", "Info"),
        api.set_control("zz", Control("Debug")),
        api.clear_control("zz"),
        api.level("zz"),
        api.delete("zz"),
        api.put_status("zz", given()),
        api.replace("zz", given()),
        api.get("zz"),
        api.get("zz", consistent=True),
    ):
        with pytest.raises(NotFound):
            await write


async def test_a_list_selects_sorts_and_pages(api: ModuleApi, store: Store) -> None:
    for name, level in (("c1", "Debug"), ("a1", "Debug"), ("b1", "Info")):
        last = await store.put_module(module(name, level=level))
    await api.ready()
    await api.cache.wait_for(last, 60)
    assert await names(api) == ["a1", "b1", "c1"]
    assert await names(api, field_selector="spec.log-level=debug") == ["a1", "c1"]
    assert await names(api, sort_order="by-name-reverse", start=1, max_results=2) == ["c1", "b1"]
    listing = await api.list(ListOptions(start=2, max_results=1))
    assert ([entry.module.name for entry in listing.items or ()], listing.total) == (["b1"], 3)
    # The contract says null for a list of none.
    assert (await api.list(ListOptions(name="zz"))).items is None
    with pytest.raises(InvalidArgument):
        await names(api, label_selector="=")


async def test_a_consistent_read_is_the_stores_own(api: ModuleApi, store: Store) -> None:
    await api.ready()
    await store.put_module(module(NAME, level="Debug"))
    assert (await api.get(NAME, consistent=True)).module.spec.log_level == "Debug"
    listing = await api.list(ListOptions(), consistent=True)
    assert [entry.module.name for entry in listing.items or ()] == [NAME]
    await store.put(key_of(NAME), b"garbage")
    assert (await api.get(NAME, consistent=True)).module.invalid.startswith("not JSON")
    # What it was meant to be an agent cannot say.
    with pytest.raises(RemoteError) as caught:
        await api.put_status(NAME, module(NAME))
    assert caught.value.code == "DATA_LOSS"


async def test_while_nothing_is_known_reads_say_so(store: Store) -> None:
    store.go_away()
    hub = WatchHub()
    async with ModuleCache(store, hub, check_interval=0.5) as cache:
        api = ModuleApi(ModuleStore(store), cache, hub, EndpointCache(store), sync_timeout=0.01)
        for read in (api.get(NAME), api.list(ListOptions()), api.watch(ListOptions())):
            with pytest.raises(Unavailable):
                await read


class Ahead(MemoryStore):
    """Its clock is two hours ahead, which its first answer tells."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()
        self._difference: ClockDifference | None = None

    def clock_difference(self) -> ClockDifference | None:
        return self._difference

    async def range(self, *which: Any, **how: Any) -> Range:
        await self.may_answer.wait()
        self._difference = ClockDifference(7200, 0.5)
        return await super().range(*which, **how)


async def test_the_time_is_the_store_s_and_waited_for_before_that_is_known() -> None:
    clock, hub = FakeClock(), WatchHub()
    async with Ahead() as store, ModuleCache(store, hub) as cache, EndpointCache(store) as beside:
        api = ModuleApi(ModuleStore(store), cache, hub, beside, sync_timeout=60, clock=clock)
        now = asyncio.create_task(api.now())
        await asyncio.sleep(0)
        assert not now.done()
        store.may_answer.set()
        assert await now == clock.time_ns() + 7200 * 10**9


async def test_what_is_too_old_is_not_shown(api: ModuleApi) -> None:
    await api.create(given())
    api.max_staleness = -1.0
    with pytest.raises(Unavailable, match="s old"):
        await api.get(NAME)
    assert (await api.get(NAME, consistent=True)).module.name == NAME


async def test_a_write_is_told_also_when_the_cache_does_not_follow(
    store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corvo_agent.gateway.objects.module_api._CATCH_UP", 0.01)
    hub = WatchHub()
    # Never entered: it follows nothing.
    api = ModuleApi(ModuleStore(store), ModuleCache(store, hub), hub, EndpointCache(store))
    assert (await api.create(given())).module.name == NAME
    assert "has not come back" in caplog.text


async def test_a_watch_begins_with_what_is_there_and_ends_by_hand(api: ModuleApi) -> None:
    await api.create(given())
    watcher = await api.watch(ListOptions())
    (event,) = (await watcher.next_batch()).events
    assert (event.type.value, event.entry.module.name) == ("Created", NAME)
    await api.put(NAME, given("Debug"))
    (event,) = (await watcher.next_batch()).events
    assert (event.type.value, event.entry.module.spec.log_level) == ("Updated", "Debug")
    api.unwatch(watcher)
    await api.put(NAME, given("Warn"))
    assert watcher.waiting == 0


async def test_an_agents_status_leaves_what_people_said(api: ModuleApi) -> None:
    await api.create(given("Warn"))
    told = replace(given("Debug"), status=module(node="n9").status)
    found = (await api.put_status(NAME, told)).module
    assert (found.spec.log_level, found.status.node) == ("Warn", "n9")


async def test_a_start_that_this_gateway_has_not_reached_but_the_store_has(api: ModuleApi, store: Store) -> None:
    await api.ready()
    for name in ("a1", "b2", "c3"):
        last = await store.put_module(module(name))
    # As another gateway would tell it, which was faster.
    assert api.cache.revision + 1 < last
    watcher = await api.watch(ListOptions(resource_version=str(last)))
    assert [event.entry.module.name for event in (await watcher.next_batch()).events] == ["c3"]
    assert watcher.waiting == 0


async def test_a_start_that_the_store_has_not_reached(api: ModuleApi, store: Store) -> None:
    last = await store.put_module(module("a1"))
    with pytest.raises(Compacted) as caught:
        await api.watch(ListOptions(resource_version=str(last + 2)))
    assert (caught.value.revision, caught.value.compact_revision) == (last + 2, 0)
    watcher = await api.watch(ListOptions(resource_version=str(last + 1)))
    await store.put_module(module("b2"))
    assert [event.entry.module.name for event in (await watcher.next_batch()).events] == ["b2"]
