"""A program's log that strangers can write into stays small, and tells how much it left out."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from corvo_agent.cli.thinned_log import ThinnedHandler
from corvo_agent.log_thinning import MAX_KINDS, PAUSE


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


def test_what_is_held_is_written_in_time_although_no_line_follows(log: Log) -> None:
    for number in range(1000):
        log.logger.warning("refused %d", number)
    assert log.lines() == ["refused 0"]
    log.handler.write_held()
    assert log.lines() == ["refused 0"]
    log.now += PAUSE
    log.handler.write_held()
    assert log.lines() == ["refused 0", "refused 999 (the last of 999 such lines)"]
    log.logger.warning("refused %d", 1001)
    assert len(log.lines()) == 2


def test_closing_writes_what_is_held(log: Log) -> None:
    log.logger.warning("a")
    log.logger.warning("a")
    log.handler.close()
    assert log.lines() == ["a", "a"]


def test_a_kind_that_makes_place_for_another_is_written_first(log: Log) -> None:
    log.logger.warning("first")
    log.logger.warning("first")
    for number in range(MAX_KINDS):
        log.logger.warning(f"kind {number}")
    assert log.lines().count("first") == 2
