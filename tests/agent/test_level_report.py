"""What an agent announces of its level is what is in force, and otherwise why it is not."""

from __future__ import annotations

import pytest

from corvo_agent.agent.level_report import LevelReport
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelSource, LevelState
from corvo_agent.modules.announcing.endpoint import AppliedLevel
from corvo_agent.testing import FakeClock

INFO = LevelState(Level.INFO, LevelSource.LOG_LEVEL)
DEBUG = LevelState(Level.DEBUG, LevelSource.OVERRIDE, by="ada", reason="a case")


class Told:
    def __init__(self, report: LevelReport) -> None:
        self.levels: list[AppliedLevel] = []
        report.tell = self.levels.append


def nothing(state: LevelState) -> None:
    """Takes no time and does not fail."""


async def test_a_level_is_in_force_since_it_was_applied() -> None:
    clock = FakeClock()
    report = LevelReport(clock=clock)
    told, apply = Told(report), report.around(nothing)
    assert report.level is None
    apply(INFO)
    first = clock.time_ns()
    await clock.advance(5)
    # The same once more is nothing new.
    apply(INFO)
    apply(DEBUG)
    assert told.levels == [
        AppliedLevel("Info", "log-level", first),
        AppliedLevel("Debug", "override", clock.time_ns(), "ada", "a case", loggers={}),
    ]
    assert report.level == told.levels[-1]


def test_what_cannot_be_applied_leaves_the_old_level_in_force_and_says_why() -> None:
    faults = [OSError("target away"), ValueError()]

    def failing(state: LevelState) -> None:
        if state is DEBUG and faults:
            raise faults.pop(0)

    report = LevelReport()
    told, apply = Told(report), report.around(failing)
    apply(INFO)
    for expected in ("target away", "ValueError"):
        with pytest.raises((OSError, ValueError)):
            apply(DEBUG)
        last = told.levels[-1]
        assert (last.level, last.wanted, last.fault) == ("Info", "Debug", expected)
    apply(DEBUG)
    last = told.levels[-1]
    assert (last.level, last.wanted, last.fault) == ("Debug", "", "")


def test_what_takes_its_time_is_in_force_when_nothing_keeps_it() -> None:
    faults = ["zap: it is not set yet"]
    report = LevelReport(fault=lambda: faults[-1])
    told = Told(report)
    report.look()
    assert told.levels == []
    report.around(nothing)(DEBUG)
    faults.append("zap: connection refused")
    report.look()
    report.look()
    faults.append("")
    report.look()
    assert [(each.level, each.wanted, each.fault) for each in told.levels] == [
        ("", "Debug", "zap: it is not set yet"),
        ("", "Debug", "zap: connection refused"),
        ("Debug", "", ""),
    ]


def test_an_agent_that_changes_nothing_says_so() -> None:
    report = LevelReport(only_shown=True)
    told = Told(report)
    report.around(nothing)(DEBUG)
    assert told.levels[-1].only_shown
