"""The heartbeat: a busy loop shows as lag, CPU time as a share, and a stopped heart is still."""

from __future__ import annotations

import time

import pytest

from corvo_agent.stats import heartbeat as heartbeat_module
from corvo_agent.stats.heartbeat import RECENT, Heartbeat, RecentLag, processor_time
from tests.diagnostics.kit import until
from tests.stats.stepped_loop import stepped_loop, turns


def test_a_stall_of_the_loop_shows_as_lag() -> None:
    heartbeat = Heartbeat(interval=1.0)

    with stepped_loop() as loop:

        async def stall() -> None:
            heartbeat.start()
            loop.skip(1.25)
            await turns()
            loop.skip(1.0)
            await turns()
            heartbeat.stop()

        loop.run(stall())
    summary = heartbeat.lag.summary()
    assert summary.count == 2
    assert summary.maximum == pytest.approx(250)
    assert summary.minimum == pytest.approx(0)


def test_what_was_long_ago_is_not_recent(monkeypatch: pytest.MonkeyPatch) -> None:
    heartbeat, now = Heartbeat(interval=1.0), time.monotonic()
    monkeypatch.setattr(heartbeat_module, "processor_time", lambda: (now, 0.0))
    monkeypatch.setattr(time, "monotonic", lambda: now)

    with stepped_loop() as loop:

        async def beat(late: float) -> None:
            nonlocal now
            loop.skip(1.0 + late)
            now += 1.0 + late
            await turns()

        async def live() -> None:
            nonlocal now
            heartbeat.start()
            await beat(2.0)
            await beat(0.5)
            recent = heartbeat.recent()
            assert recent.count == 2
            assert [recent.mean, recent.longest] == pytest.approx([1.25, 2.0])
            # A loop that does not turn says nothing of it itself; whoever asks from another thread is told.
            now += 9.0
            assert heartbeat.recent().longest == pytest.approx(8.0)
            now += RECENT - 2.0
            heartbeat.stop()
            assert heartbeat.recent() == RecentLag(0, 0.0, 0.0)

        loop.run(live())
    assert heartbeat.lag.summary().maximum == pytest.approx(2000)
    assert heartbeat.recent().as_json() == {"Seconds": 60.0, "Count": 0, "MeanMs": 0.0, "MaxMs": 0.0}


def test_a_stopped_heart_beats_no_more() -> None:
    heartbeat = Heartbeat(interval=1.0)

    with stepped_loop() as loop:

        async def stop() -> None:
            heartbeat.start()
            heartbeat.start()
            assert heartbeat.running
            heartbeat.stop()
            heartbeat.stop()
            loop.skip(10)
            await turns()

        loop.run(stop())
    assert not heartbeat.running
    assert heartbeat.lag.summary().count == 0
    assert "stopped" in repr(heartbeat)


async def test_it_beats_on_a_real_loop() -> None:
    heartbeat = Heartbeat(interval=0.001)
    heartbeat.start()
    try:
        await until(lambda: heartbeat.lag.summary().count >= 3)
    finally:
        heartbeat.stop()


def test_what_was_used_until_the_oldest_beat_is_remembered() -> None:
    heartbeat = Heartbeat()
    when, used = heartbeat.remembered
    start = time.process_time()
    while time.process_time() < start + 0.02:
        sum(range(1000))
    now, total = processor_time()
    assert total - used >= 0.02
    assert now > when
    assert heartbeat.remembered == (when, used)
