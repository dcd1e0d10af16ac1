"""Every kind of service becomes a Module, by a line or by none: levels reach it all, and leave it as it was."""

from __future__ import annotations

import os
import signal
from collections import Counter

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.profiles.pprof.reader import decode
from tests.stub.kit import becomes
from tests.world.machine import needs
from tests.world.running import NAME, service
from tests.world.services import KINDS, Kind


def ways() -> list[object]:
    """Each kind, by ``start`` and by ``corvo run``, as far as it can be."""
    return [
        pytest.param(kind, by_start, id=f"{kind.name}-{'start' if by_start else 'run'}", marks=needs(kind.needs))
        for kind in KINDS
        for by_start in (True, False)
        if (kind.by_start if by_start else kind.by_run)
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("kind", "by_start"), ways())
async def test_a_service_becomes_a_module(kind: Kind, by_start: bool, etcd: EmbeddedEtcd) -> None:
    count = kind.by_start if by_start else kind.by_run
    async with service(kind, etcd, by_start=by_start) as running:
        await becomes(lambda: running.all_at("as-configured", count))
        before = (await running.levels())[1:]
        assert before == [20, 20, 40]

        await running.store.set_level(NAME, "Debug")
        await becomes(lambda: running.all_at("Debug", count))
        for _ in range(4):
            # All but the logger that its owner wanted quiet.
            assert (await running.levels())[1:] == [10, 10, 40]

        workers = await running.workers()
        async with DiagnosticsClient(workers[0].endpoint.address) as client:
            # Whoever asked imports the application as well, and is a worker until it has ended: its coming and going
            # may still be on its way to etcd.
            await becomes(lambda: running.all_told(client, count))
            workers = await running.workers()
            stacks = decode(await client.profile("goroutine", timeout=60))
            labels = {label.value for sample in stacks.samples for label in sample.labels if label.key == "worker"}
            assert labels == {each.worker.id for each in workers}

        await running.store.modify(NAME, lambda module: module.with_spec(log_level=""))
        await becomes(lambda: running.all_at("as-configured", count))
        for _ in range(4):
            assert (await running.levels())[1:] == before
        assert (await running.store.get(NAME)).status.restart_count == 0


@pytest.mark.timeout(600)
@needs("gunicorn", "flask")
@pytest.mark.parametrize(
    ("name", "by_start"),
    [("gunicorn-preload-flask", False), ("gunicorn-preload-flask", True), ("gunicorn-sync-flask", True)],
)
async def test_workers_that_are_replaced_have_the_level(name: str, by_start: bool, etcd: EmbeddedEtcd) -> None:
    kind = next(each for each in KINDS if each.name == name)
    count = kind.by_start if by_start else kind.by_run
    async with service(kind, etcd, by_start=by_start, options="--max-requests 5") as running:
        await becomes(lambda: running.all_at("as-configured", count))
        await running.store.set_level(NAME, "Debug")
        await becomes(lambda: running.all_at("Debug", count))
        seen = [await running.levels() for _ in range(40)]
        asked = Counter(pid for pid, *_ in seen)
        assert len(asked) > 3
        if "preload" in name:
            # Forked from a process that has it, they have it from their first request on.
            assert {level for _, level, *_ in seen} == {10}
        # Those that have answered for the last time are replaced: only then it is known whom the signal finds.
        ended = [pid for pid, times in asked.items() if times == 5]
        await becomes(lambda: running.all_at("Debug", count, without=ended))
        old = {each.worker.pid for each in await running.workers()} - {running.process.pid}
        os.kill(running.process.pid, signal.SIGHUP)
        await becomes(lambda: running.all_at("Debug", count, without=old))
        # Fewer than make another worker end.
        assert {level for _, level, *_ in [await running.levels() for _ in range(3)]} == {10}
        assert (await running.store.get(NAME)).status.restart_count == 0
