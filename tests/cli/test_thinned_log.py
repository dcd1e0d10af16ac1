"""A log that strangers can write into stays small, and tells how much it left out."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from corvo_agent.cli.thinned_log import MAX_KINDS, PAUSE, ThinnedHandler


class Log:
    """A logger of its own whose lines are read back; its time is what the test says."""

    def __init__(self) -> None:
        self.now = 100.0
        self.stream = io.StringIO()
        self.handler = ThinnedHandler(self.stream, lambda: self.now)
        self.logger = logging.Logger("test")
        self.logger.addHandler(self.handler)

    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log()
    yield made
    made.handler.close()


def test_a_flood_of_one_kind_is_one_line_a_second_with_its_number(log: Log) -> None:
    for number in range(1000):
        log.logger.warning("refused %d", number)
    assert log.lines() == ["refused 0"]
    log.handler.write_held()
    assert log.lines() == ["refused 0"]
    log.now += PAUSE
    log.logger.warning("refused %d", 1000)
    log.handler.write_held()
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
    for _ in range(3):
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            log.logger.exception("failed")
    log.now += PAUSE
    log.handler.write_held()
    assert sum(line.startswith("Traceback") for line in log.lines()) == 1
    assert log.lines()[-1] == "failed (the last of 2 such lines)"


def test_closing_writes_what_is_held(log: Log) -> None:
    log.logger.warning("a")
    log.logger.warning("a")
    log.handler.close()
    assert log.lines() == ["a", "a"]


def test_the_kinds_that_are_told_apart_are_bounded(log: Log) -> None:
    log.logger.warning("first")
    log.logger.warning("first")
    for number in range(MAX_KINDS):
        log.logger.warning(f"kind {number}")
    assert len(log.handler._windows) == MAX_KINDS
    assert log.lines()[:1] == ["first"]
    assert log.lines().count("first") == 2
