"""Fifteen minutes in a fixed ring: what is not known stays unknown, and the oldest give way."""

from __future__ import annotations

import asyncio
import gc
import time

from corvo_agent.diagnostics.handlers.stats import StatsHandler
from corvo_agent.diagnostics.messages.payloads import decode_stats
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.stats.gc_pauses import GcPauses
from corvo_agent.stats.heartbeat import Heartbeat
from corvo_agent.stats.sampler import LoopSampler
from corvo_agent.stats.samples import COLUMNS, Samples


def test_the_newest_ones_are_kept_the_oldest_first() -> None:
    samples = Samples(step=1.0, kept=3)
    assert samples.as_json() == {"step": 1.0, "columns": COLUMNS, "rows": []}
    for number in range(5):
        samples.add(float(number), 10.0 * number, None)
    assert len(samples) == 3
    assert samples.as_json()["rows"] == [[float(number), 10.0 * number, *[None] * 4] for number in (2, 3, 4)]


async def test_a_loop_that_is_late_and_collects_garbage_shows_it() -> None:
    pauses = GcPauses()
    sampler = LoopSampler(pauses, Samples(step=0.0))
    taken = asyncio.Event()

    def beat(lag: float, loop: asyncio.AbstractEventLoop) -> None:
        sampler.beat(lag, loop)
        taken.set()

    heartbeat = Heartbeat(0.01, beat)
    pauses.start()
    heartbeat.start()
    others = [asyncio.create_task(asyncio.sleep(60)) for _ in range(7)]
    try:
        await taken.wait()
        # Busy for a while, in the midst of which garbage is collected.
        until = time.perf_counter() + 0.05
        while time.perf_counter() < until:
            gc.collect(1)
        taken.clear()
        await taken.wait()
    finally:
        heartbeat.stop()
        pauses.stop()
        for task in others:
            task.cancel()
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in sampler.samples.as_json()["rows"]]
    assert max(row["loop-lag"] for row in rows) > 0.02
    assert max(row["gc-pause"] for row in rows) > 0
    assert rows[0]["tasks"] >= 8
    assert all(row["rss"] > 1 << 20 and row["cpu"] >= 0 for row in rows)
    assert abs(rows[-1]["time"] - time.time()) < 60


async def test_they_are_told_to_who_asks_for_them_by_name_only() -> None:
    handler = StatsHandler()
    everything = decode_stats((await handler.handle(DebugQuery("Stats"))).value)
    assert "samples" not in everything
    named = decode_stats((await handler.handle(DebugQuery("Stats", {"expvar": "samples"}))).value)
    assert '"columns"' in named["samples"]
