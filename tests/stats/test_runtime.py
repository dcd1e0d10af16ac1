"""What every process can be asked, before, during and after it is measured."""

from __future__ import annotations

import asyncio
import gc
import json
from typing import Any

import prometheus_client  # its presence is what makes the variable appear

from corvo_agent.stats import RuntimeStats
from corvo_agent.stats.variables import render
from tests.diagnostics.kit import until

NAMES = {"cmdline", "cpustats", "memstats", "runtime", "threads"}


def ask(runtime: RuntimeStats, name: str) -> Any:
    return json.loads(render(runtime.variables[name]))


async def test_every_variable_is_json_and_none_is_an_error() -> None:
    async with RuntimeStats() as runtime:
        answers = {name: ask(runtime, name) for name in runtime.variables}
    assert answers.keys() == NAMES | {"prometheus"}
    assert not [name for name, answer in answers.items() if "error" in answer]


async def test_cpustats_count_the_tasks_of_the_loop() -> None:
    async with RuntimeStats() as runtime:
        before = ask(runtime, "cpustats")
        gate = asyncio.Event()
        tasks = [asyncio.create_task(gate.wait()) for _ in range(4)]
        after = ask(runtime, "cpustats")
        gate.set()
        await asyncio.gather(*tasks)
    assert after["NumTasks"] - before["NumTasks"] == after["NumGoroutines"] - before["NumGoroutines"] == 4
    assert {"NumCPUs", "Percent", "LoopLagLastMinute", "UserSeconds", "SystemSeconds", "LoadAverage"} <= after.keys()


async def test_runtime_shows_lag_tasks_pauses_switches_and_descriptors() -> None:
    async with RuntimeStats(interval=0.001) as runtime:
        gc.collect()
        await until(lambda: ask(runtime, "runtime")["LoopLag"]["Count"])
        shown = ask(runtime, "runtime")
    assert shown["LoopLagLastMinute"]["Seconds"] == 60
    assert shown["Tasks"]["running"] == 1
    assert shown["GCPauses"]["Count"] >= 1
    assert shown["FileDescriptors"]["Open"] > 2
    assert shown["ContextSwitches"].keys() == {"Voluntary", "Involuntary"}
    assert shown["UptimeSeconds"] > 0


async def test_it_measures_only_while_it_is_entered() -> None:
    runtime = RuntimeStats()
    assert ask(runtime, "cpustats")["NumTasks"] == 0
    callbacks = list(gc.callbacks)
    async with runtime:
        runtime.start()
        assert runtime.heartbeat.running
        assert "running" in repr(runtime)
    assert gc.callbacks == callbacks
    assert not runtime.heartbeat.running
    assert ask(runtime, "runtime")["Tasks"] == {"total": 0}


def test_prometheus_metrics_are_among_them_where_the_package_is_used() -> None:
    gauge = prometheus_client.Gauge("corvo_test_runtime", "help")
    try:
        gauge.set(4)
        assert ask(RuntimeStats(), "prometheus")["corvo_test_runtime"] == 4
    finally:
        prometheus_client.REGISTRY.unregister(gauge)
