"""Of lines of one kind one a second is written, and says how many it stands for."""

from __future__ import annotations

import io
import logging

import pytest

from corvo_agent.log_thinning import MAX_KINDS, PAUSE, Thinning, ThinningFilter


class Log:
    """A logger of its own with a filter, whose lines are read back; its time is what the test says."""

    def __init__(self) -> None:
        self.now = 100.0
        self.stream = io.StringIO()
        self.logger = logging.Logger("test")
        self.logger.addHandler(logging.StreamHandler(self.stream))
        self.logger.addFilter(ThinningFilter(clock=lambda: self.now))

    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def log() -> Log:
    return Log()


def test_a_flood_of_one_kind_is_one_line_a_second_with_its_number(log: Log) -> None:
    for number in range(1000):
        log.logger.warning("refused %d", number)
    assert log.lines() == ["refused 0"]
    log.now += PAUSE
    log.logger.warning("refused %d", 1000)
    assert log.lines() == ["refused 0", "refused 1000 (the last of 1000 such lines)"]
    log.logger.warning("refused %d", 1001)
    assert len(log.lines()) == 2


def test_other_kinds_are_not_held_up(log: Log) -> None:
    for number in range(3):
        log.logger.warning("one %d", number)
        log.logger.error("one %d", number)
        log.logger.warning("another %d", number)
    assert log.lines() == ["one 0", "one 0", "another 0"]


def test_lines_a_second_apart_are_all_written(log: Log) -> None:
    for number in range(3):
        log.logger.warning("seen %d", number)
        log.now += PAUSE
    assert log.lines() == ["seen 0", "seen 1", "seen 2"]


def test_a_traceback_is_shown_once(log: Log) -> None:
    for pause in (0, 0, PAUSE):
        log.now += pause
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            log.logger.exception("failed")
    assert sum(line.startswith("Traceback") for line in log.lines()) == 1
    assert log.lines()[-1] == "failed (the last of 2 such lines)"


def test_the_kinds_that_are_told_apart_are_bounded() -> None:
    thinning = Thinning(clock=lambda: 100.0)
    for number in range(2 * MAX_KINDS):
        thinning.take(logging.LogRecord("test", logging.WARNING, "", 0, f"kind {number}", (), None))
    assert len(thinning) == MAX_KINDS
