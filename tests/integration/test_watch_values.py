"""What people, scripts and accidents put into etcd reaches the callbacks, or is left aside with one warning."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules import ModuleChange, ModuleStore, ModuleWatcher
from tests.integration.watching import KEY, NAME, Observer, etcd_store, numbered

pytestmark = pytest.mark.integration


async def etcdctl(etcd: EmbeddedEtcd, *arguments: str, stdin: bytes | None = None) -> None:
    assert etcd.etcdctl is not None
    process = await asyncio.create_subprocess_exec(
        etcd.etcdctl,
        *("--endpoints", etcd.endpoint),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    await process.communicate(stdin)
    assert process.returncode == 0


async def test_levels_flipped_by_etcdctl_reach_the_callback(each_etcd: EmbeddedEtcd) -> None:
    async with etcd_store(each_etcd.endpoint) as store:
        observer = Observer(store)
        async with observer:
            await etcdctl(each_etcd, "put", KEY, '{"spec":{"log-level":"Debug"}}')
            await observer.sees_level("Debug")
            await etcdctl(each_etcd, "put", KEY, '{ "status": null,\n "Spec": {"LOG-LEVEL": "warn"} }')
            await observer.sees_level("warn")
            await etcdctl(each_etcd, "put", KEY, '{"spec":{"log-level":"warn"},"status":{"node":"n"}}')
            await etcdctl(each_etcd, "put", KEY, "not json")
            await etcdctl(each_etcd, "del", KEY)
            await observer.sees_level("")
            await etcdctl(each_etcd, "put", KEY, '{"spec":{"log-level":"Error"}}')
            await observer.sees_level("Error")
            assert [change.module.spec.log_level for change in observer.changes] == ["Debug", "warn", "", "Error"]


async def test_a_burst_arrives_complete_and_in_order(each_etcd: EmbeddedEtcd) -> None:
    async with etcd_store(each_etcd.endpoint, call_timeout=20) as store:
        observer = Observer(store)
        async with observer:
            async with asyncio.TaskGroup() as tasks:
                for worker in range(8):
                    tasks.create_task(put_every(store, range(worker, 2000, 8)))
            await store.kv.put(KEY, numbered(2000))
            await observer.sees(2000)
            assert sorted(observer.numbers) == list(range(2001))
            revisions = [change.revision for change in observer.changes]
            assert revisions == sorted(set(revisions))


async def put_every(store: ModuleStore, numbers: range) -> None:
    for number in numbers:
        await store.kv.put(KEY, numbered(number))


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, '}{"result":{}}\n\r\n{"' * 20_000, '\\"}}\n' * 100_000, "\U0001f600é" * 100_000],
    # The id of a test is in the environment of what it starts, and that has its limit.
    ids=["long", "frames", "quotes", "beyond ASCII"],
)
async def test_large_and_awkward_values_arrive_complete(etcd: EmbeddedEtcd, text: str) -> None:
    async with etcd_store(etcd.endpoint) as store:
        observer = Observer(store)
        async with observer:
            value = json.dumps({"spec": {"log-level": "Debug", "args": ["0", text]}}, ensure_ascii=False)
            await etcdctl(etcd, "put", KEY, stdin=value.encode())
            await observer.sees_level("Debug")
            assert observer.changes[0].module.spec.args == ("0", text)
            await store.set_level(NAME, "Info")
            await observer.sees_level("Info")
            assert observer.changes[1].module.spec.args == ("0", text)


BAD = st.binary(max_size=60) | st.sampled_from(
    [b'{"spec":{"log-level":"Loud"}}', b'{"spec":{"log-level":7}}', b"[]", b"null", b'{"meta":{"mod-time":"x"}}']
)


@given(st.lists(BAD, min_size=1, max_size=20))
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_bad_values_are_left_aside_and_named(
    etcd: EmbeddedEtcd, caplog: pytest.LogCaptureFixture, values: list[bytes]
) -> None:
    caplog.clear()

    async def run() -> list[ModuleChange]:
        changes: list[ModuleChange] = []
        async with etcd_store(etcd.endpoint) as store:
            await store.kv.put(KEY, numbered(1))
            watcher = ModuleWatcher(NAME, store)
            watcher.subscribe(changes.append)
            async with watcher:
                await watcher.wait_for(lambda module: module is not None)
                for value in values:
                    await store.kv.put(KEY, value)
                revision = await store.kv.put(KEY, b'{"spec":{"log-level":"Warn"}}')
                await watcher.wait_for(lambda module: module is not None and module.revision == revision)
                bad = watcher.statistics().undecodable
        warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert len(warnings) == bad
        assert all(KEY in warning and "at revision" in warning for warning in warnings)
        return changes

    changes = asyncio.run(run())
    assert changes[0].module.spec.log_level == "Debug"
    assert all(change.old is None or change.old.spec != change.module.spec for change in changes)
