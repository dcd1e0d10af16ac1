from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from typing import Any

import loguru
import pytest

from corvo_agent.levels.filter import get_log_filter, refresh_filter, reset_filter
from corvo_agent.levels.level import AUDIT
from corvo_agent.levels.loguru_filter import LoguruFilter

from .kit import untouched_levels


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


@pytest.fixture
def logger() -> Iterator[Any]:
    """A logger with a core of its own, without sinks."""
    loguru.logger.remove()
    made = copy.deepcopy(loguru.logger)
    yield made
    made.remove()


@pytest.fixture
def levels(logger: Any) -> Iterator[LoguruFilter]:
    made = LoguruFilter(logger)
    yield made
    made.close()


def collect() -> tuple[list[str], Callable[[Any], None]]:
    lines: list[str] = []
    return lines, lambda message: lines.append(f"{message.record['level'].name}:{message.record['message']}")


def named(name: str) -> Callable[[Any, str, str], None]:
    """A function that logs as if it stood in the module ``name``."""
    space: dict[str, Any] = {"__name__": name}
    exec("def log(logger, level, message): logger.log(level, message)", space)
    made: Callable[[Any, str, str], None] = space["log"]
    return made


def test_a_sink_follows_without_being_taken_away(logger: Any, levels: LoguruFilter) -> None:
    lines, sink = collect()
    identity = levels.add(sink)
    logger.debug("before any level")
    for level in ("Error", "Debug", "Info", "None"):
        reset_filter(get_log_filter(level))
        logger.debug(level)
        logger.warning(level)
        logger.log(AUDIT, level)
    assert lines == [
        "DEBUG:before any level",
        "Level 60:Error",
        "DEBUG:Debug",
        "WARNING:Debug",
        "Level 60:Debug",
        "WARNING:Info",
        "Level 60:Info",
        "Level 60:None",
    ]
    reset_filter(None)
    logger.debug("after")
    assert lines[-1] == "DEBUG:after"
    logger.remove(identity)


def test_levels_of_single_modules(logger: Any, levels: LoguruFilter) -> None:
    lines, sink = collect()
    levels.add(sink)
    reset_filter(get_log_filter("Warn", {"app.db": "Debug", "app.db.pool": "Error"}))
    named("app.db.query")(logger, "DEBUG", "1")
    named("app.db.pool")(logger, "WARNING", "2")
    named("application")(logger, "INFO", "3")
    named("application")(logger, "WARNING", "4")
    named("")(logger, "ERROR", "5")
    assert lines == ["DEBUG:1", "WARNING:4", "ERROR:5"]


def test_the_plain_way_of_adding_a_sink_works_too(logger: Any, levels: LoguruFilter) -> None:
    lines, sink = collect()
    reset_filter(get_log_filter("Error"))
    logger.add(sink, level=0, filter=levels)
    logger.info("hidden")
    logger.error("shown")
    refresh_filter()
    logger.info("hidden")
    logger.error("shown")
    assert lines == ["ERROR:shown"] * 2


def test_other_sinks_keep_their_own_level(logger: Any, levels: LoguruFilter) -> None:
    (lines, sink), (others, other) = collect(), collect()
    logger.add(other, level="DEBUG")
    levels.add(sink, level="INFO")
    reset_filter(get_log_filter("Error"))
    logger.debug("d")
    logger.error("e")
    reset_filter(get_log_filter("Debug"))
    logger.debug("d")
    logger.info("i")
    assert others == ["DEBUG:d", "ERROR:e", "DEBUG:d", "INFO:i"]
    assert lines == ["ERROR:e", "INFO:i"]


def test_sinks_that_come_and_go_later_are_heard(logger: Any, levels: LoguruFilter) -> None:
    (lines, sink), (others, other) = collect(), collect()
    levels.add(sink)
    reset_filter(get_log_filter("Error"))
    identity = logger.add(other, level="DEBUG")
    logger.debug("d")
    logger.remove(identity)
    logger.debug("d")
    logger.error("e")
    assert (lines, others) == (["ERROR:e"], ["DEBUG:d"])


def test_a_disabled_line_builds_no_record(logger: Any, levels: LoguruFilter) -> None:
    levels.add(lambda _: None)
    built: list[object] = []
    patched = logger.patch(built.append)
    reset_filter(get_log_filter("Error"))
    patched.debug("x")
    assert built == []
    patched.error("x")
    assert len(built) == 1


class Core:
    """A loguru of another build, with sinks that do not tell their level."""

    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


@pytest.mark.parametrize(
    "core",
    [Core(), Core(handlers={}), Core(handlers={1: object()}, lock=threading.Lock(), min_level=0)],
    ids=["nothing", "no number", "other sinks"],
)
def test_without_what_is_known_of_loguru_the_filter_does_it_all(logger: Any, core: Core) -> None:
    lines, sink = collect()
    levels = LoguruFilter(type("Logger", (), {"_core": core})())
    logger.add(sink, level=0, filter=levels)
    for level in ("Error", "Debug"):
        reset_filter(get_log_filter(level))
        logger.debug(level)
        logger.error(level)
    levels.close()
    assert lines == ["ERROR:Error", "DEBUG:Debug", "ERROR:Debug"]
    assert core.__dict__.get("min_level", 0) == 0


def test_two_filters_on_one_logger_leave_the_short_way_open(logger: Any, levels: LoguruFilter) -> None:
    second = LoguruFilter(logger)
    levels.add(lambda _: None)
    second.add(lambda _: None)
    for level in ("Error", "Debug", "Error"):
        reset_filter(get_log_filter(level))
        assert logger._core.min_level == get_log_filter(level).level
    second.close()


def test_a_held_core_lock_delays_nobody_and_loses_no_line(logger: Any, levels: LoguruFilter) -> None:
    lines, sink = collect()
    levels.add(sink)
    reset_filter(get_log_filter("Error"))
    with logger._core.lock:
        reset_filter(get_log_filter("Debug"))
        logger.debug("shown")
        reset_filter(get_log_filter("Error"))
        logger.debug("hidden")
    assert lines == ["DEBUG:shown"]
    assert logger._core.min_level == 10
    refresh_filter()
    assert logger._core.min_level == 40


def test_a_closed_filter_stays_as_it_is(logger: Any, levels: LoguruFilter) -> None:
    lines, sink = collect()
    levels.add(sink)
    reset_filter(get_log_filter("Error"))
    levels.close()
    reset_filter(get_log_filter("Debug"))
    logger.debug("hidden")
    assert lines == []


def test_swaps_while_sinks_come_and_go_lose_no_error(logger: Any, levels: LoguruFilter) -> None:
    lines, sink = collect()
    levels.add(sink)
    done = threading.Event()

    def churn() -> None:
        while not done.is_set():
            logger.remove(logger.add(lambda _: None, level="CRITICAL"))

    thread = threading.Thread(target=churn)
    thread.start()
    for number in range(200):
        reset_filter(get_log_filter("Debug" if number % 2 else "Error"))
        logger.error(str(number))
        if number % 2:
            logger.debug(str(number))
    done.set()
    thread.join()
    expected = [f"{name}:{n}" for n in range(200) for name in (("ERROR", "DEBUG") if n % 2 else ("ERROR",))]
    assert lines == expected
