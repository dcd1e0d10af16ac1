"""What handlers stop, and what stands behind a queue or a buffer."""

from __future__ import annotations

import logging
import logging.handlers
import queue
from collections.abc import Iterator

import pytest

from corvo_agent.levels import LiveFilter, get_log_filter, reset_filter
from corvo_agent.levels.blockers import level_blockers

from .kit import Lines, fresh_name, untouched_levels


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


def mine(name: str) -> list[str]:
    return [text for text in level_blockers() if name in text]


def handled(handler: logging.Handler) -> str:
    """A logger that has ``handler``."""
    name = fresh_name()
    logging.getLogger(name).addHandler(handler)
    return name


def test_filters_are_told_but_the_live_one_is_ours() -> None:
    handler = Lines()
    for each in (LiveFilter(), logging.Filter("shop"), logging.Filter(), lambda record: True):
        handler.addFilter(each)
    name = handled(handler)
    logging.getLogger(name).addFilter(get_log_filter("Error"))
    reset_filter(get_log_filter("Info"))
    own, named, function = mine(name)
    assert own == f"the filter LevelFilter of logger {name} may stop lines"
    assert named == f"a filter of Lines of logger {name} lets only lines of shop pass"
    assert "<lambda>" in function


def test_what_stands_behind_a_queue_is_looked_at() -> None:
    lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    name = handled(logging.handlers.QueueHandler(lines))
    target = Lines()
    target.setLevel(logging.ERROR)
    reset_filter(get_log_filter("Info"))
    text = f"QueueHandler of logger {name}"
    assert mine(name) == [f"{text} puts lines into a queue that no running listener takes from"]
    for respects, told in [(True, [f"Lines behind {text} takes nothing below ERROR"]), (False, [])]:
        listener = logging.handlers.QueueListener(lines, target, respect_handler_level=respects)
        listener.start()
        try:
            assert mine(name) == told
        finally:
            listener.stop()


def test_what_stands_behind_a_buffer_is_looked_at() -> None:
    target = Lines()
    target.addFilter(logging.Filter("shop"))
    buffer = logging.handlers.MemoryHandler(100, target=target)
    name = handled(buffer)
    reset_filter(get_log_filter("Info"))
    text = f"MemoryHandler of logger {name}"
    assert mine(name) == [
        f"{text} holds lines back until there are 100, or one of ERROR",
        f"a filter of Lines of the buffer of {text} lets only lines of shop pass",
    ]
    buffer.setTarget(None)
    assert mine(name) == [f"{text} has no target: what it holds is dropped"]
