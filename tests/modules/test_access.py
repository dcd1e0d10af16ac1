"""The two ways to Module objects, a store and a gateway before it, keep the same promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from corvo_agent.cli.backends.etcd import StoreModules
from corvo_agent.errors import AlreadyExists, CorvoError, InvalidArgument, NotFound, RemoteError
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.access import ModuleAccess, ModuleEvent, Selector
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.model import Module, ModuleSpec, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from corvo_agent.rest_client.modules import RestModules
from corvo_agent.rest_client.transport import Transport


@pytest.fixture(params=["store", "gateway"])
async def modules(request: pytest.FixtureRequest) -> AsyncIterator[ModuleAccess]:
    async with MemoryStore() as kept:
        if request.param == "store":
            yield StoreModules(ModuleStore(kept))
            return
        async with Gateway(kept, GatewaySettings(listen="127.0.0.1:0")) as gateway, Transport(gateway.url) as transport:
            await gateway.cache.wait_synced(60)
            yield RestModules(transport)


def module(name: str, level: str = "Info", **labels: str) -> Module:
    return Module(ObjectMeta(name=name, labels=labels), ModuleSpec(log_level=level))


def names(found: tuple[Module, ...]) -> list[str]:
    return [each.name for each in found]


def refuses_the_argument(error: BaseException) -> bool:
    return isinstance(error, InvalidArgument) or (isinstance(error, RemoteError) and error.code == "INVALID_ARGUMENT")


async def test_an_object_from_its_creation_to_its_end(modules: ModuleAccess) -> None:
    created = await modules.create(module("n1-a", "Warn"))
    assert (created.name, created.spec.log_level, created.meta.generation_id) == ("n1-a", "Warn", "1")
    with pytest.raises(AlreadyExists):
        await modules.create(module("n1-a"))
    changed = await modules.modify("n1-a", lambda old: old.with_spec(log_level="Debug"))
    assert changed.revision > created.revision
    assert await modules.modify("n1-a", lambda old: old) == changed
    assert (await modules.delete("n1-a")).spec.log_level == "Debug"
    for call in (modules.get("n1-a"), modules.delete("n1-a"), modules.modify("n1-a", lambda old: old)):
        with pytest.raises(NotFound):
            await call


async def test_what_a_change_raises_passes_through_and_nothing_is_written(modules: ModuleAccess) -> None:
    created = await modules.create(module("n1-a"))

    def refuse(old: Module) -> Module:
        raise ZeroDivisionError(old.name)

    with pytest.raises(ZeroDivisionError, match="n1-a"):
        await modules.modify("n1-a", refuse)
    assert (await modules.get("n1-a")).revision == created.revision


async def test_an_object_that_is_not_valid_is_refused(modules: ModuleAccess) -> None:
    with pytest.raises(CorvoError) as caught:
        await modules.create(module("not a name"))
    assert refuses_the_argument(caught.value)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector(), ["n1-a", "n1-b", "n2-a"]),
        (Selector(name="n1-b"), ["n1-b"]),
        (Selector(labels="team=net"), ["n1-a", "n2-a"]),
        (Selector(labels="team!=net"), ["n1-b"]),
        (Selector(fields="spec.log-level=debug"), ["n1-b", "n2-a"]),
        (Selector(name="n2-a", labels="team=net", fields="spec.log-level=Debug"), ["n2-a"]),
        (Selector(name="n1-a", labels="team=db"), []),
    ],
)
async def test_a_list_has_what_the_selector_lets_through(
    modules: ModuleAccess, selector: Selector, expected: list[str]
) -> None:
    await modules.create(module("n2-a", "Debug", team="net"))
    await modules.create(module("n1-a", "Info", team="net"))
    await modules.create(module("n1-b", "Debug", team="db"))
    assert names((await modules.list(selector)).modules) == expected


@pytest.mark.parametrize("selector", [Selector(labels="="), Selector(fields="nonsense=1"), Selector(fields="spec")])
async def test_a_bad_selector_is_refused_before_anything_is_told(modules: ModuleAccess, selector: Selector) -> None:
    for call in (modules.list(selector), anext(modules.watch(selector))):
        with pytest.raises(CorvoError) as caught:
            await call
        assert refuses_the_argument(caught.value)


async def test_names_are_the_first_ones_with_the_prefix(modules: ModuleAccess) -> None:
    for name in ("n2-b", "n1-a", "n2-a"):
        await modules.create(module(name))
    assert list(await modules.names("n2-", 10)) == ["n2-a", "n2-b"]
    assert list(await modules.names("", 2)) == ["n1-a", "n2-a"]
    assert list(await modules.names("n2-", 0)) == ["n2-a", "n2-b"]
    assert list(await modules.names("none", 2)) == []


class Watched:
    """The events of a watch, one after another."""

    def __init__(self, events: AsyncIterator[ModuleEvent]) -> None:
        self._events = events

    async def next(self) -> tuple[str, str, int]:
        event = await anext(self._events)
        assert event.error is None
        return event.type.value, event.module.name, event.module.revision


async def test_a_watch_tells_what_is_there_and_then_every_change(modules: ModuleAccess) -> None:
    there = await modules.create(module("n1-a"))
    async with aclosing(modules.watch()) as events:
        watched = Watched(events)
        assert await watched.next() == ("Created", "n1-a", there.revision)
        created = await modules.create(module("n1-b"))
        assert await watched.next() == ("Created", "n1-b", created.revision)
        changed = await modules.modify("n1-a", lambda old: old.with_spec(log_level="Debug"))
        assert await watched.next() == ("Updated", "n1-a", changed.revision)
        await modules.delete("n1-a")
        assert (await watched.next())[:2] == ("Deleted", "n1-a")


async def test_a_watch_with_a_selector_tells_changes_of_what_fits_then(modules: ModuleAccess) -> None:
    await modules.create(module("n1-a", team="net"))
    await modules.create(module("n1-b", team="db"))
    async with aclosing(modules.watch(Selector(labels="team=net"))) as events:
        watched = Watched(events)
        assert (await watched.next())[:2] == ("Created", "n1-a")
        # One that begins to fit has changed, it was not created.
        await modules.modify("n1-b", lambda old: old.with_meta(labels={"team": "net"}))
        assert (await watched.next())[:2] == ("Updated", "n1-b")
        # One that fits no longer is not deleted: nothing is told of it.
        await modules.modify("n1-a", lambda old: old.with_meta(labels={"team": "db"}))
        await modules.delete("n1-a")
        await modules.delete("n1-b")
        assert (await watched.next())[:2] == ("Deleted", "n1-b")


async def test_of_several_who_modify_at_once_each_builds_on_the_others(modules: ModuleAccess) -> None:
    await modules.create(module("n1-a"))

    def count(old: Module) -> Module:
        return old.with_spec(args=(*old.spec.args, str(len(old.spec.args))))

    await asyncio.gather(*(modules.modify("n1-a", count) for _ in range(6)))
    assert (await modules.get("n1-a")).spec.args == ("0", "1", "2", "3", "4", "5")
