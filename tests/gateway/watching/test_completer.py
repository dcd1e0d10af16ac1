"""Values that people wrote without kind or self-link are completed, and nothing else is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from corvo_agent.errors import PermissionRefused
from corvo_agent.gateway.watching.caretaker import PERIOD
from corvo_agent.gateway.watching.completer import Completer
from corvo_agent.gateway.watching.module_cache import ModuleCache
from corvo_agent.gateway.watching.watch_hub import WatchHub
from corvo_agent.modules.names import key_of
from corvo_agent.modules.store import ModuleStore
from corvo_agent.testing import FakeClock
from tests.diagnostics.kit import until

from ..conftest import Store
from ..modules import module

BARE = b'{"spec":{"log-level":"Debug"}}'


@pytest_asyncio.fixture
async def cache(store: Store) -> AsyncIterator[ModuleCache]:
    async with ModuleCache(store, WatchHub()) as modules:
        await modules.wait_synced(30)
        yield modules


async def value(store: Store, name: str) -> bytes:
    item = await store.get(key_of(name))
    return b"" if item is None else item.value


async def test_what_is_incomplete_is_completed_and_nothing_else(store: Store, cache: ModuleCache) -> None:
    await store.put_module(module("whole"))
    await store.put(key_of("loud"), b'{"spec":{"log-level":"loud"}}')
    await store.put(key_of("gone"), BARE)
    await store.put(key_of("bare"), BARE)
    before = {name: await value(store, name) for name in ("whole", "loud")}
    await until(lambda: cache.incomplete == {"bare", "gone"})
    await store.delete(key_of("gone"))
    await Completer(ModuleStore(store), cache).look()
    await until(lambda: not cache.incomplete)
    assert (await value(store, "bare")).startswith(b'{"kind":"Module",')
    assert {name: await value(store, name) for name in before} == before


async def test_two_gateways_write_once(store: Store, cache: ModuleCache) -> None:
    await store.put(key_of("bare"), BARE)
    await until(lambda: cache.incomplete)
    await asyncio.gather(*(Completer(ModuleStore(store), cache).look() for _ in range(3)))
    item = await store.get(key_of("bare"))
    assert item is not None
    assert item.mod_revision == item.create_revision + 1


async def test_it_looks_from_time_to_time(store: Store, cache: ModuleCache) -> None:
    clock = FakeClock()
    async with Completer(ModuleStore(store), cache, clock=clock):
        await store.put(key_of("bare"), BARE)
        await until(lambda: cache.incomplete)
        await clock.wait_sleeping()
        await clock.advance(PERIOD)
        await until(lambda: not cache.incomplete)


async def test_one_that_may_not_write_says_so_once(
    store: Store, cache: ModuleCache, caplog: pytest.LogCaptureFixture
) -> None:
    class Forbidden(ModuleStore):
        async def modify(self, *_arguments: object, **_options: object) -> object:  # type: ignore[override]
            raise PermissionRefused("put", "permission denied")

    clock = FakeClock()
    await store.put(key_of("bare"), BARE)
    await until(lambda: cache.incomplete)
    async with Completer(Forbidden(store), cache, clock=clock):
        for _ in range(3):
            await clock.wait_sleeping()
            await clock.advance(PERIOD)
        await clock.wait_sleeping()
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "Modules without kind or self-link stay as they are: put refused: permission denied"
    ]
