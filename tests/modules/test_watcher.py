"""Callbacks hear of each change of the spec, once and in order."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument, Unavailable
from corvo_agent.modules import Module, ModuleChange, ModuleStore, ModuleWatcher, key_of
from corvo_agent.testing import MemoryStore

NAME = "node1-pen-spyglass"
KEY = key_of(NAME)


@pytest.fixture
def kv() -> MemoryStore:
    return MemoryStore()


@pytest_asyncio.fixture
async def store(kv: MemoryStore) -> AsyncIterator[ModuleStore]:
    async with ModuleStore(kv) as store:
        yield store


def new_module(level: str = "Info") -> Module:
    return Module().with_meta(name=NAME).with_spec(log_level=level)


def level_is(level: str) -> Callable[[Module | None], bool]:
    return lambda module: module is not None and module.spec.log_level == level


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_callback_of_the_readme_follows_the_level(store: ModuleStore) -> None:
    levels: list[str] = []
    await store.create(new_module())
    async with ModuleWatcher(NAME, store, on_change=lambda module: levels.append(module.spec.log_level)) as watcher:
        await store.set_level(NAME, "Debug")
        await watcher.wait_for(level_is("Debug"))
        await settle()
    assert levels[-1] == "Debug"


async def test_a_key_value_store_is_as_good_as_the_modules_in_it(kv: MemoryStore) -> None:
    async with kv, ModuleWatcher(NAME, kv) as watcher:
        await ModuleStore(kv).create(new_module("Debug"))
        await watcher.wait_for(level_is("Debug"))


@pytest.mark.parametrize("store", [None, "http://127.0.0.1:2379", MemoryStore])
def test_what_is_no_store_is_refused_at_once(store: object) -> None:
    with pytest.raises(InvalidArgument, match="store: must be a KeyValueStore, such as EtcdStore, or a ModuleStore"):
        ModuleWatcher(NAME, store)  # type: ignore[arg-type]


async def test_each_change_of_the_spec_calls_once_with_old_and_new(store: ModuleStore) -> None:
    changes: list[ModuleChange] = []
    watcher = ModuleWatcher(NAME, store)
    watcher.subscribe(changes.append)
    async with watcher:
        await watcher.wait_synced()
        assert watcher.module is None
        await store.create(new_module())
        await store.set_level(NAME, "Debug")
        await store.modify(NAME, lambda module: module.with_spec(enable_trace=True))
        await store.delete(NAME)
        await store.create(new_module("Warn"))
        await watcher.wait_for(level_is("Warn"))
        await settle()
    assert [(change.old and change.old.spec.log_level, change.module.spec.log_level) for change in changes] == [
        (None, "Info"),
        ("Info", "Debug"),
        ("Debug", "Debug"),
        ("Debug", ""),
        (None, "Warn"),
    ]
    assert [change.revision for change in changes] == [2, 3, 4, 5, 6]
    assert changes[2].module.spec.enable_trace
    assert changes[3].new is None
    assert changes[3].module.name == NAME


async def test_status_labels_and_rewrites_of_the_same_spec_call_nothing(store: ModuleStore) -> None:
    calls: list[Module] = []
    await store.create(new_module())
    async with ModuleWatcher(NAME, store, on_change=calls.append) as watcher:
        await watcher.wait_for(level_is("Info"))
        await store.modify(NAME, lambda module: module.with_status(node="node2"))
        await store.modify(NAME, lambda module: module.with_meta(labels={"a": "b"}))
        await store.kv.put(KEY, b'{"spec":{"log-level":"Info"},"status":{"node":"node3"}}')
        module = await watcher.wait_for(lambda module: module is not None and module.status.node == "node3")
        await settle()
        assert module is watcher.module
        assert watcher.revision == 5
        assert watcher.statistics().changes == 1
    assert len(calls) == 1


async def test_a_bad_value_changes_nothing_and_is_warned_about_once(
    store: ModuleStore, caplog: pytest.LogCaptureFixture
) -> None:
    levels: list[str] = []
    await store.create(new_module("Debug"))
    async with ModuleWatcher(NAME, store, on_change=lambda module: levels.append(module.spec.log_level)) as watcher:
        await watcher.wait_for(level_is("Debug"))
        for bad in (b"Debug", b"[]", b'{"spec":{"log-level":"Loud"}}', b"\xff\x00"):
            await store.kv.put(KEY, bad)
        await store.kv.put(KEY, b'{"spec":{"log-level":"Debug"},"status":{"node":"n"}}')
        await watcher.wait_for(lambda module: module is not None and module.status.node == "n")
        assert watcher.statistics().undecodable == 4
        await store.kv.put(KEY, b"bad again")
        await store.kv.delete(KEY)
        await watcher.wait_for(lambda module: module is None)
        await settle()
    assert levels == ["Debug", ""]
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 5
    assert warnings[2].startswith(f"the level stays as it is: {KEY} at revision 5: spec.log-level: unknown level")


async def test_a_bad_value_from_the_start_is_no_module(store: ModuleStore) -> None:
    changes: list[Module] = []
    await store.kv.put(KEY, b"bad")
    async with ModuleWatcher(NAME, store, on_change=changes.append) as watcher:
        await watcher.wait_synced()
        await store.kv.delete(KEY)
        await store.kv.put(KEY, b"{}")
        await watcher.wait_for(lambda module: module is not None)
        await settle()
    assert len(changes) == 1


async def test_faults_repeat_nothing_and_lose_nothing(kv: MemoryStore, store: ModuleStore) -> None:
    changes: list[ModuleChange] = []
    await store.create(new_module())
    watcher = ModuleWatcher(NAME, store, check_interval=0.2)
    watcher.subscribe(changes.append)
    async with watcher:
        await watcher.wait_for(level_is("Info"))
        kv.disconnect()
        await store.set_level(NAME, "Debug")
        await watcher.wait_for(level_is("Debug"))
        kv.silence_streams()
        await store.set_level(NAME, "Warn")
        await watcher.wait_for(level_is("Warn"))
        kv.go_away()
        kv.come_back()
        await store.set_level(NAME, "Error")
        kv.compact(kv.revision)
        await watcher.wait_for(level_is("Error"))
        item = await kv.get(KEY)
        assert item is not None
        kv.replace_data([(KEY, item.value)])
        await watcher.wait_for(lambda module: module is not None and module.revision == 2)
        await settle()
    assert [change.module.spec.log_level for change in changes] == ["Info", "Debug", "Warn", "Error"]


async def test_a_failing_callback_does_not_stop_the_others(
    store: ModuleStore, caplog: pytest.LogCaptureFixture
) -> None:
    levels: list[str] = []

    def failing(_: Module) -> None:
        raise ValueError("no")

    cancelled: list[int] = []
    twice = asyncio.Event()

    async def hanging(change: ModuleChange) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(change.revision)
            if len(cancelled) == 2:
                twice.set()

    watcher = ModuleWatcher(NAME, store, on_change=failing, callback_timeout=0.01)
    watcher.subscribe(hanging)
    watcher.subscribe(lambda change: levels.append(change.module.spec.log_level))
    async with watcher:
        await watcher.wait_synced()
        await store.create(new_module())
        await store.set_level(NAME, "Debug")
        await twice.wait()
        await settle()
        statistics = watcher.statistics()
        assert (statistics.calls, statistics.failures, statistics.timeouts, statistics.dropped) == (6, 2, 2, 0)
    assert levels == ["Info", "Debug"]
    assert cancelled == [2, 3]
    assert "failing" in caplog.text


async def test_one_that_subscribes_late_hears_only_of_what_comes(store: ModuleStore) -> None:
    changes: list[ModuleChange] = []
    await store.create(new_module())
    async with ModuleWatcher(NAME, store) as watcher:
        await watcher.wait_for(level_is("Info"))
        watcher.subscribe(changes.append)
        await store.set_level(NAME, "Debug")
        await watcher.wait_for(level_is("Debug"))
        await settle()
    assert len(changes) == 1
    assert changes[0].old is not None
    assert changes[0].old.spec.log_level == "Info"


async def test_a_burst_delivers_every_state_in_order(store: ModuleStore) -> None:
    seen: list[str] = []
    async with ModuleWatcher(NAME, store, on_change=lambda module: seen.append(module.spec.args[0])) as watcher:
        await watcher.wait_synced()
        for number in range(2000):
            await store.kv.put(KEY, b'{"spec":{"args":["%d"]}}' % number)
        await watcher.wait_for(lambda module: module is not None and module.spec.args == ("1999",))
        await settle()
    assert seen == [str(number) for number in range(2000)]


async def test_it_starts_once_and_closes_from_anywhere(store: ModuleStore) -> None:
    before = asyncio.all_tasks()
    watcher = ModuleWatcher(NAME, store)
    assert repr(watcher) == f"<ModuleWatcher of {NAME} at revision 0>"
    await watcher.aclose()
    assert asyncio.all_tasks() == before

    closed = asyncio.Event()

    async def close(_: ModuleChange) -> None:
        await watcher.aclose()
        closed.set()

    await store.create(new_module())
    watcher = ModuleWatcher(NAME, store)
    watcher.subscribe(close)
    await watcher.start()
    await watcher.start()
    waiting = asyncio.create_task(watcher.wait_for(level_is("never")))
    await closed.wait()
    with pytest.raises(Unavailable):
        await waiting
    await watcher.aclose()
    await settle()
    assert asyncio.all_tasks() == before


async def test_started_again_it_tells_of_the_module_as_it_is_then(store: ModuleStore) -> None:
    heard = asyncio.Queue[ModuleChange]()
    watcher = ModuleWatcher(NAME, store)
    watcher.subscribe(heard.put_nowait)
    await store.create(new_module("Debug"))
    for level in ("Debug", "Error"):
        async with watcher:
            change = await heard.get()
            assert (change.old, change.new and change.new.spec.log_level) == (None, level)
        await store.set_level(NAME, "Error")
    await store.delete(NAME)
    async with watcher:
        await watcher.wait_synced()
        assert (watcher.module, watcher.revision) == (None, 0)
    assert heard.empty()


async def test_one_that_a_callback_closed_may_be_started_again(store: ModuleStore) -> None:
    before = asyncio.all_tasks()
    closed = asyncio.Semaphore(0)
    await store.create(new_module())
    watcher = ModuleWatcher(NAME, store)

    async def close(_: ModuleChange) -> None:
        await watcher.aclose()
        closed.release()

    watcher.subscribe(close)
    for _ in range(2):
        await watcher.start()
        await closed.acquire()
    await settle()
    assert asyncio.all_tasks() == before


async def test_it_refuses_a_name_that_no_module_can_have(store: ModuleStore) -> None:
    with pytest.raises(InvalidArgument):
        ModuleWatcher("no/name", store)


async def test_what_a_predicate_raises_is_its_waiters_own_trouble(store: ModuleStore) -> None:
    async with ModuleWatcher(NAME, store) as watcher:
        with pytest.raises(ZeroDivisionError):
            await watcher.wait_for(lambda _: bool(1 / 0))
        await store.create(new_module())
        await watcher.wait_for(level_is("Info"))


VALUES = st.binary(max_size=40) | st.sampled_from(
    [b'{"spec":{"log-level":"Debug"}}', b'{"spec":{"log-level":"info"}}', b"{}", b'{"spec":{"loggers":{"a":"Warn"}}}']
)


@given(st.lists(VALUES | st.none(), max_size=12))
@settings(max_examples=40, deadline=None)
def test_any_values_leave_it_watching(values: list[bytes | None]) -> None:
    async def run() -> None:
        specs: list[object] = []
        async with (
            ModuleStore(MemoryStore()) as store,
            ModuleWatcher(NAME, store, on_change=lambda module: specs.append(module.spec)) as watcher,
        ):
            for value in values:
                if value is not None:
                    await store.kv.put(KEY, value)
                elif await store.kv.get(KEY):
                    await store.kv.delete(KEY)
            await store.kv.put(KEY, b'{"spec":{"args":["last"]}}')
            await watcher.wait_for(lambda module: module is not None and module.spec.args == ("last",))
            await settle()
            assert watcher.statistics().calls == len(specs)
        assert all(one != other for one, other in itertools.pairwise(specs))

    asyncio.run(run())
