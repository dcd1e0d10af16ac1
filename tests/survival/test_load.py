"""Load is shed while the process takes too much, and taken again once there is some room."""

from __future__ import annotations

import logging

import pytest

from corvo_agent.diagnostics.shedding import Shedding, Stage
from corvo_agent.survival.load import LoadWatch, measure, uptime
from corvo_agent.survival.settings import SurvivalSettings
from corvo_agent.testing import FakeClock


async def test_memory_is_shed_by_stages_and_not_to_and_fro(caplog: pytest.LogCaptureFixture) -> None:
    shedding, residents = Shedding(), iter((1000, 1001, 1251, 1200, 950, 900))
    watch = LoadWatch(lambda: SurvivalSettings(max_memory=1000), shedding, lambda: (next(residents), 0.0), FakeClock())
    stages = []
    for _ in range(6):
        watch.look()
        stages.append(shedding.stage)
    lasting, almost = Stage.LASTING, Stage.ALMOST_ALL
    assert stages == [Stage.NOTHING, lasting, almost, lasting, lasting, Stage.NOTHING]
    told = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 4
    assert told[0] == "profiles and followed logs are refused: bytes of memory of the process: 1001, at most 1000"
    assert told[-1] == "nothing is refused any more: bytes of memory of the process: 900, at most 1000"


async def test_processor_time_counts_over_seconds_only() -> None:
    shedding, clock, spent = Shedding(), FakeClock(), 0.0
    watch = LoadWatch(lambda: SurvivalSettings(max_cpu_percent=50), shedding, lambda: (0, spent), clock)
    stages = []
    for second in range(30):
        watch.look()
        stages.append(shedding.stage)
        await clock.advance(1.0)
        spent += 1.0 if second < 12 else 0.0
    assert stages[4] is Stage.NOTHING
    assert stages[5] is Stage.ALMOST_ALL
    assert stages[-1] is Stage.NOTHING


async def test_bounds_that_are_taken_away_end_it() -> None:
    shedding = Shedding()
    told = iter((SurvivalSettings(max_memory=1), SurvivalSettings()))
    watch = LoadWatch(lambda: next(told), shedding, lambda: (10, 0.0), FakeClock())
    stages = []
    for _ in range(2):
        watch.look()
        stages.append(shedding.stage)
    assert stages == [Stage.ALMOST_ALL, Stage.NOTHING]


def test_the_process_itself_is_measured() -> None:
    resident, spent = measure()
    assert resident > 1 << 20
    assert spent > 0
    assert uptime() > 0
