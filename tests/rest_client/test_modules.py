"""Modules through a gateway: the same that a store gives, and a watch that outlives gateways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from corvo_agent.errors import AlreadyExists, NotFound, RemoteError, Unavailable, VersionConflict
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.access import ModuleEvent, Selector
from corvo_agent.modules.json.codec import decode_module
from corvo_agent.modules.kv import ChangeType
from corvo_agent.modules.model import Module, ModuleSpec, ObjectMeta
from corvo_agent.modules.names import key_of
from corvo_agent.rest_client.modules import RestModules
from corvo_agent.rest_client.transport import Transport
from corvo_agent.tasks import end_task
from tests.gateway.conftest import Store
from tests.gateway.modules import module

NAME = "node1-pen-npm"


@pytest.fixture
def modules(transport: Transport) -> RestModules:
    return RestModules(transport)


def wanted(name: str = NAME, **spec: object) -> Module:
    return Module(ObjectMeta(name=name, labels={"a": "1"}), ModuleSpec(**spec))  # type: ignore[arg-type]


async def test_what_is_created_is_there_until_it_is_deleted(modules: RestModules) -> None:
    created = await modules.create(wanted(log_level="Warn"))
    assert (created.spec.log_level, created.meta.generation_id) == ("Warn", "1")
    assert await modules.get(NAME) == created
    assert (await modules.list()).modules == (created,)
    with pytest.raises(AlreadyExists):
        await modules.create(wanted())
    assert (await modules.delete(NAME)).meta.uuid == created.meta.uuid
    with pytest.raises(NotFound):
        await modules.get(NAME)
    with pytest.raises(NotFound):
        await modules.delete(NAME)


async def test_names_are_those_with_the_prefix(modules: RestModules) -> None:
    for name in ("node1-a", "node2-a", "node2-b"):
        await modules.create(wanted(name))
    assert await modules.names("node2", 10) == ["node2-a", "node2-b"]
    assert await modules.names("", 2) == ["node1-a", "node2-a"]


async def test_what_is_modified_keeps_what_nobody_here_knows(modules: RestModules, store: Store) -> None:
    value = b'{"spec":{"log-level":"Info","x":{"y":1}},"status":{"node":"n","z":2},"w":3}'
    await store.put(key_of(NAME), value)
    changed = await modules.modify(NAME, lambda old: old.with_spec(log_level="Debug"))
    item = await store.get(key_of(NAME))
    assert item is not None
    stored = decode_module(item.value, item.key, item.mod_revision)
    assert (changed.spec.log_level, stored.spec.log_level) == ("Debug", "Debug")
    assert stored.raw == {"spec": {"x": {"y": 1}}, "status": {"z": 2}, "w": 3}


async def test_nothing_is_written_when_nothing_differs(modules: RestModules) -> None:
    created = await modules.create(wanted())
    assert await modules.modify(NAME, lambda old: old) == created


def count(old: Module) -> Module:
    return old.with_meta(labels={"a": str(int(old.meta.labels["a"]) + 1)})


async def test_of_many_who_write_at_once_each_builds_on_the_others(modules: RestModules) -> None:
    await modules.create(wanted())
    await asyncio.gather(*(modules.modify(NAME, count) for _ in range(8)))
    assert (await modules.get(NAME)).meta.labels == {"a": "9"}


async def test_who_is_not_fast_enough_is_told_and_has_changed_nothing(modules: RestModules) -> None:
    await modules.create(wanted())
    attempts = (modules.modify(NAME, count, attempts=1) for _ in range(8))
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    failed = [each for each in outcomes if isinstance(each, VersionConflict)]
    assert all(NAME in str(each) for each in failed)
    assert (await modules.get(NAME)).meta.labels == {"a": str(1 + len(outcomes) - len(failed))}


async def test_a_bad_selector_is_refused_before_anything_is_watched(modules: RestModules) -> None:
    for selector in (Selector(labels="="), Selector(fields="nonsense=1")):
        with pytest.raises(RemoteError, match="INVALID_ARGUMENT"):
            await modules.list(selector)
        with pytest.raises(RemoteError, match="INVALID_ARGUMENT"):
            await anext(modules.watch(selector))


async def test_a_gateway_that_is_not_there_is_told_before_anything_is_watched() -> None:
    async with Transport("http://127.0.0.1:1") as transport:
        with pytest.raises(Unavailable):
            await anext(RestModules(transport).watch())


class Watched:
    """The events of a watch, which is read as they come: a gateway that ends waits for those who read."""

    def __init__(self, events: AsyncIterator[ModuleEvent]) -> None:
        self._events = events
        self._seen: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def read(self) -> None:
        """Until it is cancelled."""
        async for event in self._events:
            await self._seen.put((event.type.value, event.module.name))

    async def next(self) -> tuple[str, str]:
        return await self._seen.get()


@asynccontextmanager
async def watched_by(transport: Transport, selector: Selector | None = None) -> AsyncIterator[Watched]:
    async with aclosing(RestModules(transport).watch(*filter(None, [selector]))) as events:
        watched = Watched(events)
        reading = asyncio.create_task(watched.read())
        yield watched
        await end_task(reading)


@asynccontextmanager
async def gateway_at(store: Store, listen: str) -> AsyncIterator[Gateway]:
    async with Gateway(store, GatewaySettings(listen=listen)) as gateway:
        await gateway.cache.wait_synced(60)
        yield gateway


async def test_a_watch_tells_what_happened_while_there_was_no_gateway(store: Store) -> None:
    for name in ("stays", "goes", "changes"):
        await store.put_module(module(name))
    first = gateway_at(store, "127.0.0.1:0")
    gateway = await first.__aenter__()
    async with Transport(gateway.url) as transport, watched_by(transport) as watched:
        there = [await watched.next() for _ in range(3)]
        assert sorted(there) == [("Created", "changes"), ("Created", "goes"), ("Created", "stays")]
        await store.put_module(module("stays2"))
        assert await watched.next() == ("Created", "stays2")
        address = gateway.address
        await first.__aexit__(None, None, None)
        await store.delete(key_of("goes"))
        await store.put_module(module("changes", labels={"new": "1"}))
        await store.put_module(module("comes"))
        async with gateway_at(store, address):
            news = [await watched.next() for _ in range(3)]
            assert sorted(news) == [("Created", "comes"), ("Deleted", "goes"), ("Updated", "changes")]
            await store.delete(key_of("stays"))
            assert await watched.next() == ("Deleted", "stays")


async def test_what_fits_no_longer_when_the_gateway_is_back_was_not_deleted(store: Store) -> None:
    await store.put_module(module("moves", labels={"a": "1"}))
    await store.put_module(module("goes", labels={"a": "1"}))
    first = gateway_at(store, "127.0.0.1:0")
    gateway = await first.__aenter__()
    async with (
        Transport(gateway.url) as transport,
        watched_by(transport, Selector(labels="a=1")) as watched,
    ):
        assert sorted([await watched.next(), await watched.next()]) == [("Created", "goes"), ("Created", "moves")]
        address = gateway.address
        await first.__aexit__(None, None, None)
        await store.put_module(module("moves", labels={"a": "2"}))
        await store.delete(key_of("goes"))
        async with gateway_at(store, address):
            assert await watched.next() == ("Deleted", "goes")
            await store.put_module(module("moves", labels={"a": "1"}))
            assert await watched.next() == ("Updated", "moves")


async def test_a_watch_is_of_what_is_selected(modules: RestModules, store: Store, gateway: Gateway) -> None:
    async with aclosing(modules.watch(Selector(labels="a=1"))) as events:
        waiting = asyncio.ensure_future(anext(events))
        await modules.create(Module(ObjectMeta(name="other")))
        await modules.create(wanted())
        event = await waiting
        assert (event.type, event.module.name) == (ChangeType.CREATED, NAME)


async def test_a_name_selects_one(modules: RestModules) -> None:
    await modules.create(wanted("node1-a"))
    await modules.create(wanted("node1-b"))
    assert [each.name for each in (await modules.list(Selector(name="node1-b"))).modules] == ["node1-b"]
