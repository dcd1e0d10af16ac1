"""etcdctl keeps the last word: a change of log-level ends what was set before it, seen or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from corvo_agent.agent.overriding import Overriding
from corvo_agent.errors import PermissionRefused
from corvo_agent.modules.controls.codec import control_key
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.controls.store import ControlStore
from corvo_agent.modules.kv import KeyValue
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.model import Module
from corvo_agent.modules.names import key_of
from corvo_agent.modules.store import ModuleStore
from corvo_agent.modules.watcher import ModuleWatcher
from corvo_agent.modules.watching.watch import Watch
from corvo_agent.testing import FakeClock
from tests.diagnostics.kit import until

NAME = "node1-shop"


class Seen:
    """The Module and the controls as they were told last."""

    def __init__(self) -> None:
        self.module: Module | None = None
        self.ids: list[str] = []
        self.all: list[tuple[str | None, list[str]]] = []

    def update(self, module: Module | None, controls: tuple[Control, ...]) -> None:
        self.module, self.ids = module, sorted(control.id for control in controls)
        self.all.append((None if module is None else module.spec.log_level, self.ids))


@asynccontextmanager
async def following(kv: MemoryStore) -> AsyncIterator[Seen]:
    """What an agent learns of its Module, by one watch of both."""
    seen, clock = Seen(), FakeClock()
    overriding = Overriding(NAME, kv, seen.update, clock=clock)
    task = asyncio.create_task(overriding.run())
    async with ModuleWatcher(NAME, ModuleStore(kv), on_step=overriding.take) as watcher:
        await watcher.wait_synced()
        await until(lambda: bool(seen.all))
        yield seen
    task.cancel()
    await asyncio.wait({task})


async def gone(kv: MemoryStore) -> None:
    """Wait until the control of the process is no longer in the store."""
    key = control_key(NAME, "process")
    async with Watch(kv, key, exact=True) as watch:
        async for _ in watch:
            if await kv.get(key) is None:
                return


@pytest.fixture
async def kv() -> AsyncIterator[MemoryStore]:
    async with MemoryStore() as kv:
        await kv.put(key_of(NAME), b'{"spec":{"log-level":"Info"}}')
        yield kv


async def test_module_and_controls_come_by_one_stream_and_the_first_time_together(kv: MemoryStore) -> None:
    await ControlStore(kv).put(NAME, Control("Debug"))
    async with following(kv) as seen:
        assert seen.all == [("Info", ["process"])]
        await kv.put(control_key(NAME, "mine"), b'{"level":"Warn","logger":"http"}')
        await until(lambda: seen.ids == ["mine", "process"])
        await kv.delete(control_key(NAME, "mine"))
        await until(lambda: seen.ids == ["process"])


async def test_a_change_of_log_level_ends_an_override_at_once_and_takes_it_away(
    kv: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    async with following(kv) as seen:
        await ControlStore(kv).put(NAME, Control("Debug"))
        await ControlStore(kv).put(NAME, Control("Debug", logger="http"))
        await until(lambda: seen.ids == ["logger:http", "process"])
        # Labels, status and the same level in other letters do not touch it.
        await ModuleStore(kv).modify(NAME, lambda old: old.with_meta(labels={"a": "b"}).with_status(node="n1"))
        await kv.put(key_of(NAME), b'{"spec":{"log-level":"INFO"}}')
        await until(lambda: seen.module is not None and seen.module.spec.log_level == "INFO")
        assert seen.ids == ["logger:http", "process"]
        await kv.put(key_of(NAME), b'{"spec":{"log-level":"Warn"}}')
        await until(lambda: seen.module is not None and seen.module.spec.log_level == "Warn")
        assert ("Warn", ["logger:http", "process"]) not in seen.all
        await gone(kv)
        # One that is set now counts.
        await ControlStore(kv).put(NAME, Control("Error"))
        await until(lambda: seen.ids == ["logger:http", "process"])
    assert caplog.text.count("ended by a change of log-level") == 1


async def test_what_changed_while_no_agent_was_there_is_found_out(kv: MemoryStore) -> None:
    await ControlStore(kv).put(NAME, Control("Debug"))
    await kv.put(key_of(NAME), b'{"spec":{"log-level":"Error"}}')
    async with following(kv) as seen:
        await until(lambda: seen.ids == [])
        await gone(kv)


async def test_a_status_written_meanwhile_is_no_change(kv: MemoryStore) -> None:
    await ControlStore(kv).put(NAME, Control("Debug"))
    await kv.put(key_of(NAME), b'{"spec":{"log-level":"info"},"status":{"node":"n1"}}')
    async with following(kv) as seen:
        await ModuleStore(kv).modify(NAME, lambda old: old.with_meta(labels={"a": "b"}))
        await until(lambda: seen.module is not None and bool(seen.module.meta.labels))
        assert seen.ids == ["process"]


async def test_an_agent_that_may_only_read_follows_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    class Refusing(MemoryStore):
        async def delete(self, key: str, *, expected: int | None = None) -> KeyValue:
            raise PermissionRefused("delete", "permission denied")

    caplog.set_level("INFO")
    async with Refusing() as kv:
        await kv.put(key_of(NAME), b'{"spec":{"log-level":"Info"}}')
        await ControlStore(kv).put(NAME, Control("Debug"))
        async with following(kv) as seen:
            for level in ("Warn", "Error"):
                await kv.put(key_of(NAME), b'{"spec":{"log-level":"%s"}}' % level.encode())
                await until(lambda level=level: seen.all[-1] == (level, []))  # type: ignore[misc]
            await until(lambda: "left to a gateway" in caplog.text)
    assert caplog.text.count("left to a gateway") == 1


async def test_what_an_older_version_left_is_ignored_with_one_warning(
    kv: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    await kv.put(key_of(NAME), b'{"spec":{"override":{"level":"Debug"},"loggers":{"a":"Warn"}}}')
    async with following(kv) as seen:
        await ModuleStore(kv).set_level(NAME, "Warn")
        await until(lambda: seen.module is not None and seen.module.spec.log_level == "Warn")
    assert caplog.text.count(f"override and loggers of {NAME} is ignored") == 1
