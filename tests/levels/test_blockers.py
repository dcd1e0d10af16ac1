from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from corvo_agent.levels import get_log_filter, reset_filter
from corvo_agent.levels.blockers import MAX_BLOCKERS, level_blockers

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
