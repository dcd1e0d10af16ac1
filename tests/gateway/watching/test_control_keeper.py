"""Controls that are over leave the store: what people wrote without a lease, and what log-level has overruled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from corvo_agent.errors import PermissionRefused
from corvo_agent.gateway.watching.control_keeper import ControlKeeper
from corvo_agent.gateway.watching.endpoint_cache import EndpointCache
from corvo_agent.gateway.watching.module_cache import ModuleCache
from corvo_agent.gateway.watching.watch_hub import WatchHub
from corvo_agent.modules.controls.codec import control_key, encode_control
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.controls.store import ControlStore
from corvo_agent.modules.kv import KeyValue
from corvo_agent.modules.names import key_of
from corvo_agent.modules.store import ModuleStore
from corvo_agent.testing import FakeClock
from tests.diagnostics.kit import until

from ..conftest import Store

HOUR = 3600 * 10**9


@asynccontextmanager
async def keeping(store: Store, clock: FakeClock) -> AsyncIterator[tuple[ControlKeeper, EndpointCache]]:
    """A keeper over caches that know what the store holds."""
    async with ModuleCache(store, WatchHub()) as modules, EndpointCache(store) as beside:
        await modules.wait_synced(60)
        await beside.wait_synced(60)
        yield ControlKeeper(ModuleStore(store), modules, beside, clock=clock), beside


def ids(beside: EndpointCache) -> list[str]:
    return sorted(control.id for _, controls in beside.controlled() for control in controls)


async def test_one_that_ended_an_hour_ago_is_taken_away(store: Store) -> None:
    clock = FakeClock()
    now = clock.time_ns()
    for id, ends in (("over", now - HOUR), ("just", now - HOUR + 1), ("lasting", now + 1), ("kept", 0)):
        await store.put(control_key("a1", id), encode_control(Control("Debug", ends, logger=id)))
    async with keeping(store, clock) as (keeper, beside):
        await keeper.look()
        await until(lambda: ids(beside) == ["just", "kept", "lasting"])


async def test_one_that_log_level_has_overruled_is_ended(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    await store.put(key_of("a1"), b'{"spec":{"log-level":"Info"}}')
    await store.put(key_of("a2"), b'{"spec":{"log-level":"Info"}}')
    for name in ("a1", "a2"):
        await ControlStore(store).put(name, Control("Debug"))
        await ControlStore(store).put(name, Control("Debug", logger="http"))
    await store.put(key_of("a1"), b'{"spec":{"log-level":"Warn"}}')
    await store.put(key_of("a2"), b'{"spec":{"log-level":"Info"},"status":{"node":"n1"}}')
    async with keeping(store, FakeClock()) as (keeper, beside):
        await keeper.look()
        await until(lambda: ids(beside) == ["logger:http", "logger:http", "process"])
        assert [name for name, controls in beside.controlled() if len(controls) == 2] == ["a2"]
        # What stands is not asked for again: it is done with all answers of the store gone.
        store.go_away()
        await keeper.look()
    assert caplog.text.count("ended by a change of log-level") == 1


async def test_it_looks_again_and_again_and_says_once_that_it_may_not(caplog: pytest.LogCaptureFixture) -> None:
    class Refusing(Store):
        async def delete(self, key: str, *, expected: int | None = None) -> KeyValue:
            raise PermissionRefused("delete", "permission denied")

    clock, store = FakeClock(), Refusing()
    async with store:
        await store.put(control_key("a1", "1"), encode_control(Control("Debug", 1)))
        async with keeping(store, clock) as (keeper, _), keeper:
            for _ in range(3):
                await clock.wait_sleeping()
                await clock.advance(10)
            await clock.wait_sleeping()
    assert caplog.text.count("controls that are over stay in the store") == 1
