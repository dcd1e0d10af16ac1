from __future__ import annotations

import logging
from collections.abc import Iterator

import loguru
import pytest
import structlog

from corvo_agent.levels import get_log_filter, reset_filter
from corvo_agent.levels.blockers import MAX_BLOCKERS, level_blockers
from corvo_agent.levels.structlog_filter import HotBoundLogger

from .kit import Lines, fresh_name, untouched_levels


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


def mine(name: str) -> list[str]:
    return [text for text in level_blockers() if name in text]


def test_whatever_stops_a_line_is_told() -> None:
    name = fresh_name()
    logger, handler = logging.getLogger(name), Lines()
    handler.setLevel(logging.ERROR)
    logger.addHandler(handler)
    logger.setLevel(logging.CRITICAL)
    logger.disabled = True
    logging.disable(logging.INFO)
    assert level_blockers() == ()
    reset_filter(get_log_filter("Info"))
    assert level_blockers()[0] == "logging.disable stops INFO and everything below it"
    assert mine(name) == [
        f"logger {name} is disabled",
        f"logger {name} is kept at CRITICAL by its owner",
        f"Lines of logger {name} takes nothing below ERROR",
    ]


def test_what_stops_nothing_is_not_told() -> None:
    name = fresh_name()
    logger, handler = logging.getLogger(name), Lines()
    handler.setLevel(logging.INFO)
    logger.addHandler(handler)
    reset_filter(get_log_filter("Info"))
    assert mine(name) == []


def test_not_more_are_told_than_anybody_reads() -> None:
    for _ in range(MAX_BLOCKERS + 5):
        logging.getLogger(fresh_name()).disabled = True
    reset_filter(get_log_filter("Info"))
    assert len(level_blockers()) == MAX_BLOCKERS


def handled(handler: logging.Handler) -> str:
    """A logger that has ``handler``."""
    name = fresh_name()
    logging.getLogger(name).addHandler(handler)
    return name


def test_lines_of_loggers_below_count_for_a_handler() -> None:
    handler = Lines()
    handler.setLevel(logging.INFO)
    name = handled(handler)
    reset_filter(get_log_filter("Info", {f"{name}.db": "Debug"}))
    assert mine(name) == [f"Lines of logger {name} takes nothing below INFO"]


def test_a_logger_that_hands_nothing_on_is_told() -> None:
    name = handled(Lines())
    silent = fresh_name()
    for each in (name, silent):
        logging.getLogger(each).propagate = False
    reset_filter(get_log_filter("Info"))
    assert mine(name) == [f"logger {name} does not hand its lines on to the handlers above it"]
    assert mine(silent) == [f"logger {silent} does not hand its lines on and has no handler"]


def test_without_any_handler_the_last_resort_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])
    reset_filter(get_log_filter("Info"))
    told = "logger root has no handler: of lines that no other takes, stderr gets those from WARNING on"
    assert told in level_blockers()
    monkeypatch.setattr(logging, "lastResort", None)
    assert "logger root has no handler: lines that no other handler takes are dropped" in level_blockers()
    monkeypatch.setattr(logging.root, "handlers", [logging.NullHandler()])
    assert not any("root has no handler" in text for text in level_blockers())


def test_structlog_s_wrapper_class_is_told_unless_it_is_ours() -> None:
    told = "structlog's wrapper class BoundLoggerFilteringAtWarning takes nothing below WARNING"
    reset_filter(get_log_filter("Debug"))
    try:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        assert told in level_blockers()
        reset_filter(get_log_filter("Warn"))
        assert told not in level_blockers()
        reset_filter(get_log_filter("Debug"))
        for wrapper in (HotBoundLogger, structlog.stdlib.BoundLogger):
            structlog.configure(wrapper_class=wrapper)
            assert not any("structlog" in text for text in level_blockers())
    finally:
        structlog.reset_defaults()


def test_loguru_s_sinks_are_told() -> None:
    identity = loguru.logger.add(lambda _: None, level="ERROR")
    reset_filter(get_log_filter("Info"))
    try:
        assert f"loguru's sink {identity} takes nothing below ERROR" in level_blockers()
    finally:
        loguru.logger.remove(identity)
    assert not any(f"sink {identity} " in text for text in level_blockers())
