"""The filter as a value: what it lets pass, and that two which let the same pass are equal."""

from __future__ import annotations

import logging

import pytest

from corvo_agent.errors import ResourceExhausted
from corvo_agent.levels.filter import get_log_filter
from corvo_agent.levels.level import AUDIT, Level
from corvo_agent.levels.level_filter import MAX_LOGGERS, LevelFilter


def record(level: int, name: str = "a") -> logging.LogRecord:
    return logging.LogRecord(name, level, "f.py", 1, "m", (), None)


@pytest.mark.parametrize(
    ("text", "lowest"),
    [("Debug", 10), ("all", 10), ("info", 20), ("WARN", 30), ("Error", 40), ("none", AUDIT), ("", 10), ("loud", 20)],
)
def test_a_level_lets_it_and_what_is_above_pass(text: str, lowest: int) -> None:
    level_filter = get_log_filter(text)
    assert [level for level in (10, 20, 30, 40, 50, AUDIT) if level_filter.filter(record(level))] == [
        level for level in (10, 20, 30, 40, 50, AUDIT) if level >= lowest
    ]


def test_loggers_outrank_the_level_for_themselves_and_below() -> None:
    level_filter = get_log_filter("Error", {"app.db": "Debug", "app.db.pool": Level.WARN, "root": "Info"})
    assert level_filter.filter(record(10, "app.db.query"))
    assert not level_filter.filter(record(20, "app.db.pool.x"))
    assert level_filter.filter(record(20, "application"))


def test_filters_are_values() -> None:
    assert get_log_filter("debug", {"root": "Info"}) == LevelFilter(Level.DEBUG, {"": Level.INFO})
    assert get_log_filter("debug") != get_log_filter("info")
    assert len({get_log_filter("none"), get_log_filter("None")}) == 1
    assert repr(get_log_filter("Warn", {"a": "Debug"})) == "LevelFilter(Warn, a=Debug)"


def test_too_many_loggers_are_refused() -> None:
    with pytest.raises(ResourceExhausted):
        get_log_filter("Info", {f"l{n}": "Debug" for n in range(MAX_LOGGERS + 1)})
