"""What every write of a Module keeps true, and how writers meet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from corvo_agent.errors import (
    AlreadyExists,
    DecodeError,
    InvalidArgument,
    NotFound,
    Unavailable,
    VersionConflict,
)
from corvo_agent.modules import MemoryStore, Module, ModuleStore, key_of
from corvo_agent.modules.kv import KeyValue
from corvo_agent.testing import FakeClock

NAME = "node1-pen-npm"
KEY = key_of(NAME)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture
async def store(clock: FakeClock) -> AsyncIterator[ModuleStore]:
    async with ModuleStore(MemoryStore(), clock=clock) as store:
        yield store


def with_argument(text: str, module: Module) -> Module:
    return module.with_spec(args=(*module.spec.args, text))


def new_module(name: str = NAME) -> Module:
    return Module().with_meta(name=name).with_spec(log_level="Info")


async def test_a_created_module_gets_identity_and_times(store: ModuleStore, clock: FakeClock) -> None:
    created = await store.create(
        new_module().with_meta(uuid="given", generation_id="9", resource_version="77", self_link="/x")
    )
    assert created.meta.generation_id == "1"
    assert created.meta.resource_version == "2"
    assert len(created.meta.uuid) == 36
    assert created.meta.uuid[14] == "4"
    assert created.meta.creation_time == created.meta.mod_time == clock.time_ns()
    assert created.meta.self_link == KEY
    assert await store.get(NAME) == created
    item = await store.kv.get(KEY)
    assert item is not None
    assert b"resource-version" not in item.value
    with pytest.raises(AlreadyExists) as caught:
        await store.create(new_module())
    assert (caught.value.kind, caught.value.name) == ("module", NAME)


async def test_an_update_stores_what_is_given_at_the_revision_expected(store: ModuleStore, clock: FakeClock) -> None:
    created = await store.create(new_module())
    await clock.advance(5)
    updated = await store.update(created.with_spec(log_level="Debug"), expected=2)
    assert updated.revision == 3
    assert updated.meta.mod_time == created.meta.creation_time + 5 * 10**9
    assert updated.meta.generation_id == "1"
    with pytest.raises(VersionConflict) as caught:
        await store.update(created, expected=2)
    assert (caught.value.name, caught.value.actual) == (f"module {NAME}", 3)
    assert (await store.update(created)).revision == 4
    with pytest.raises(NotFound) as missing:
        await store.update(new_module("other"))
    assert missing.value.kind == "module"
    with pytest.raises(InvalidArgument):
        await store.update(created.with_spec(log_level="Loud"))


async def test_modify_counts_generations_of_spec_and_labels_only(store: ModuleStore) -> None:
    await store.create(new_module())
    assert (await store.set_level(NAME, "Debug")).meta.generation_id == "2"
    assert (await store.modify(NAME, lambda m: m.with_status(node="n"))).meta.generation_id == "2"
    assert (await store.modify(NAME, lambda m: m.with_meta(labels={"a": "b"}))).meta.generation_id == "3"
    assert (await store.modify(NAME, lambda m: m.with_meta(generation_id="9"))).meta.generation_id == "9"
    await store.kv.put(KEY, b'{"meta":{"generation-id":"many"}}')
    assert (await store.set_level(NAME, "warn")).meta.generation_id == "1"


async def test_modify_that_changes_nothing_writes_nothing(store: ModuleStore) -> None:
    created = await store.create(new_module())
    assert await store.modify(NAME, lambda module: module) == created
    assert await store.set_level(NAME, "Info") == created


async def test_modify_completes_what_the_original_cannot_do_without(store: ModuleStore) -> None:
    link = f'"self-link":"{KEY}"'
    for value in (
        b"{}",
        b'{"kind":"Module"}',
        b'{"meta":{%b}}' % link.encode(),
        b'{"kind":"Module","meta":{"self-link":"/x"}}',
    ):
        await store.kv.put(KEY, value)
        assert (await store.get(NAME)).incomplete
        completed = await store.modify(NAME, lambda module: module)
        assert not completed.incomplete
        item = await store.kv.get(KEY)
        assert item is not None
        assert item.value.startswith(b'{"kind":"Module",')
        assert link.encode() in item.value
        assert (await store.get(NAME), completed.meta.generation_id) == (completed, "")
        assert not (await store.get(NAME)).incomplete


async def test_unknown_keys_survive_every_rewrite(store: ModuleStore) -> None:
    await store.kv.put(KEY, b'{"x":1,"spec":{"y":[2]},"status":{"service-ports":[{"name":"a","proto":"udp"}]}}')
    await store.set_level(NAME, "Warn")
    item = await store.kv.get(KEY)
    assert item is not None
    for kept in (b'"x":1', b'"y":[2]', b'"proto":"udp"', b'"log-level":"Warn"'):
        assert kept in item.value


async def test_writers_at_the_same_time_all_get_through() -> None:
    class Slow(MemoryStore):
        """Lets others in between reading and writing."""

        async def get(self, key: str, *, serializable: bool = False, revision: int = 0) -> KeyValue | None:
            item = await super().get(key, serializable=serializable, revision=revision)
            await asyncio.sleep(0)
            return item

    store = ModuleStore(Slow())
    await store.create(new_module())
    async with asyncio.TaskGroup() as tasks:
        for number in range(8):
            tasks.create_task(store.modify(NAME, partial(with_argument, str(number))))
    module = await store.get(NAME)
    assert sorted(module.spec.args) == [str(number) for number in range(8)]
    assert module.meta.generation_id == "9"


async def test_modify_gives_up_after_its_attempts(store: ModuleStore, clock: FakeClock) -> None:
    await store.create(new_module())
    attempts = 0

    def change(module: Module) -> Module:
        nonlocal attempts
        attempts += 1
        kv = store.kv
        assert isinstance(kv, MemoryStore)
        kv._write(KEY, b"{}", 0)
        return module.with_spec(log_level="Debug")

    task = asyncio.create_task(store.modify(NAME, change, attempts=3))
    while not task.done():
        await clock.advance(1)
    with pytest.raises(VersionConflict):
        await task
    assert attempts == 3


async def test_bad_levels_are_refused_before_anything_is_read(store: ModuleStore) -> None:
    with pytest.raises(InvalidArgument, match=r"spec\.log-level"):
        await store.set_level(NAME, "Loud")


async def test_what_is_missing_or_cannot_be_is_not_found(store: ModuleStore) -> None:
    for name in ("missing", "no/name", ""):
        with pytest.raises(NotFound):
            await store.get(name)
        with pytest.raises(NotFound):
            await store.delete(name)
        with pytest.raises(NotFound):
            await store.set_level(name, "Debug")


async def test_a_list_has_what_it_cannot_read_too_and_says_so(store: ModuleStore) -> None:
    for number in range(250):
        await store.create(new_module(f"m{number:03}"))
    await store.kv.put(key_of("m100"), b"bad")
    found = await store.list()
    assert [module.name for module in found.modules] == [f"m{number:03}" for number in range(250)]
    assert found.revision == 252
    assert [(module.name, module.revision, module.invalid[:8]) for module in found.modules if module.invalid] == [
        ("m100", 252, "not JSON")
    ]
    assert found.modules[100] == await store.get("m100")


MISTYPED = b'{"spec":{"log-level":"loud","args":["-a"]},"status":{"node":"n1","restart-count":"x"},"extra":1}'


async def test_a_mistyped_value_can_be_changed_and_stays_until_it_is_mended(store: ModuleStore) -> None:
    await store.kv.put(key_of(NAME), MISTYPED)
    found = await store.get(NAME)
    assert (found.spec.log_level, found.spec.args, found.status.node) == ("", ("-a",), "n1")
    assert "spec.log-level: unknown level, got 'loud'" in found.invalid
    assert "status.restart-count: must be a whole number" in found.invalid
    labelled = await store.modify(NAME, lambda module: module.with_meta(labels={"a": "b"}))
    assert (labelled.invalid, labelled.unread) == (found.invalid, found.unread)
    mended = await store.set_level(NAME, "Info")
    assert (mended.spec.log_level, mended.meta.labels) == ("Info", {"a": "b"})
    assert mended.invalid == "status.restart-count: must be a whole number of 32 bits, got 'x'"
    mended = await store.modify(NAME, lambda module: module.with_status(restart_count=3))
    assert (mended.invalid, mended.unread, mended.raw) == ("", {}, {"extra": 1})
    assert mended == await store.get(NAME)


async def test_what_cannot_be_read_at_all_is_written_over_only_for_a_person(store: ModuleStore) -> None:
    await store.kv.put(key_of(NAME), b'{"kind":"Other"}')
    with pytest.raises(DecodeError, match="kind: must be Module"):
        await store.set_level(NAME, "Info")
    mended = await store.modify(NAME, lambda module: module.with_spec(log_level="Info"), mend=True)
    assert (mended.invalid, mended.spec.log_level) == ("", "Info")
    assert mended == await store.get(NAME)


async def test_deleting_gives_the_last_state_back(store: ModuleStore) -> None:
    created = await store.create(new_module())
    with pytest.raises(VersionConflict):
        await store.delete(NAME, expected=1)
    assert await store.delete(NAME, expected=2) == created
    await store.kv.put(KEY, b"bad")
    assert (await store.delete(NAME)).name == NAME


async def test_a_watch_is_of_one_module_or_of_all(store: ModuleStore) -> None:
    await store.create(new_module())
    await store.create(new_module(NAME + "2"))
    async with store.watch(NAME) as one, store.watch() as every:
        assert [change.key for change in (await anext(one)).changes] == [KEY]
        assert len((await anext(every)).changes) == 2
    with pytest.raises(InvalidArgument):
        store.watch("no/name")


async def test_the_stores_own_troubles_come_through(store: ModuleStore) -> None:
    assert isinstance(store.kv, MemoryStore)
    store.kv.go_away()
    with pytest.raises(Unavailable):
        await store.list()
