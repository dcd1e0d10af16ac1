from __future__ import annotations

import io
import logging
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import CapturingLogger, CapturingLoggerFactory

from corvo_agent.levels.filter import get_log_filter, reset_filter
from corvo_agent.levels.level import AUDIT
from corvo_agent.levels.structlog_filter import HotBoundLogger, filter_by_logger_level

from .kit import Lines, fresh_name, untouched_levels

LEVELS = ("debug", "info", "warning", "error", "critical")


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield
    structlog.reset_defaults()


@pytest.fixture
def captured() -> CapturingLogger:
    factory = CapturingLoggerFactory()
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer(key_order=["event"])],
        wrapper_class=HotBoundLogger,
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    return factory.logger


def passed(captured: CapturingLogger) -> list[str]:
    names = [call.method_name for call in captured.calls]
    captured.calls.clear()
    return names


@pytest.mark.parametrize(
    ("level", "expected"),
    [("Debug", LEVELS), ("Info", LEVELS[1:]), ("Warn", LEVELS[2:]), ("Error", LEVELS[3:]), ("None", ())],
)
def test_a_level_decides_for_every_method(captured: CapturingLogger, level: str, expected: tuple[str, ...]) -> None:
    log = structlog.get_logger()
    reset_filter(get_log_filter(level))
    for name in LEVELS:
        getattr(log, name)("x %d", 1)
        log.log(getattr(logging, name.upper()), "y")
    assert passed(captured) == [name for name in expected for _ in range(2)]
    assert log.is_enabled_for(logging.INFO) is ("info" in expected)
    assert log.get_effective_level() == get_log_filter(level).level


async def test_awaitable_methods_follow_too(captured: CapturingLogger) -> None:
    log = structlog.get_logger()
    reset_filter(get_log_filter("Error"))
    await log.ainfo("x")
    await log.aerror("x")
    reset_filter(get_log_filter("None"))
    await log.acritical("x")
    await log.alog(50, "x")
    assert passed(captured) == ["error"]


def test_cached_bound_and_child_loggers_follow(captured: CapturingLogger) -> None:
    reset_filter(get_log_filter("Info"))
    log = structlog.get_logger()
    log.info("first use caches it")
    bound = log.bind(a=1)

    class Own(HotBoundLogger):
        pass

    own = structlog.wrap_logger(captured, processors=[], wrapper_class=Own).bind()
    for level, expected in (("Debug", 3), ("Info", 0), ("Debug", 3), ("Error", 0)):
        passed(captured)
        reset_filter(get_log_filter(level))
        for one in (log, bound, own):
            one.debug("x")
        assert len(captured.calls) == expected


def test_everything_passes_before_any_level_and_after(captured: CapturingLogger) -> None:
    log = structlog.get_logger()
    log.debug("x")
    reset_filter(get_log_filter("Error"))
    reset_filter(None)
    log.debug("x")
    assert passed(captured) == ["debug", "debug"]


def test_audit_lines_always_pass() -> None:
    stream = io.StringIO()
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer(sort_keys=True)],
        wrapper_class=HotBoundLogger,
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    reset_filter(get_log_filter("None"))
    structlog.get_logger().critical("not audit")
    structlog.get_logger().audit("login", user="kim")
    assert stream.getvalue() == '{"event": "login", "level": "audit", "user": "kim"}\n'


def test_audit_over_the_standard_library_has_the_audit_level() -> None:
    logger, lines = logging.getLogger(fresh_name()), Lines()
    logger.addHandler(lines)
    reset_filter(get_log_filter("None"))
    log = structlog.wrap_logger(
        logger, processors=[structlog.stdlib.render_to_log_kwargs], wrapper_class=HotBoundLogger
    )
    log.audit("login", user="kim")
    log.error("not audit")
    assert [(r.levelno, r.getMessage(), r.__dict__["user"]) for r in lines.records] == [(AUDIT, "login", "kim")]


def test_a_dropped_audit_line_is_dropped(captured: CapturingLogger) -> None:
    def drop(*_: Any) -> Any:
        raise structlog.DropEvent

    structlog.wrap_logger(captured, processors=[drop], wrapper_class=HotBoundLogger).audit("x")
    assert captured.calls == []


def test_structlog_over_the_standard_library_follows_by_its_own_means() -> None:
    logger, lines = logging.getLogger(fresh_name()), Lines()
    logger.addHandler(lines)
    log = structlog.wrap_logger(
        logger,
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    for level in ("Info", "Debug", "Info"):
        reset_filter(get_log_filter(level))
        log.debug(level)
    assert lines.messages == ["Debug"]


@pytest.mark.parametrize("wrapper", [HotBoundLogger, structlog.BoundLogger])
def test_the_processor_knows_levels_of_single_loggers(wrapper: Any) -> None:
    captured = CapturingLogger()
    log = structlog.wrap_logger(captured, processors=[filter_by_logger_level], wrapper_class=wrapper)
    reset_filter(get_log_filter("Warn", {"app.db": "Debug", "app.db.pool": "Error"}))
    log.info("dropped")
    log.debug("kept", logger="app.db.query")
    log.bind(logger="app.db.pool").warning("dropped")
    log.bind(logger=None).error("kept")
    assert [(call.method_name, call.kwargs["event"]) for call in captured.calls] == [
        ("debug", "kept"),
        ("error", "kept"),
    ]


def test_the_processor_takes_the_wrapped_logger_s_name() -> None:
    logger, lines = logging.getLogger(fresh_name()), Lines()
    logger.addHandler(lines)
    reset_filter(get_log_filter("Debug", {logger.name: "Error"}))
    log = structlog.wrap_logger(
        logger, processors=[filter_by_logger_level, structlog.stdlib.render_to_log_kwargs], wrapper_class=HotBoundLogger
    )
    log.warning("dropped")
    log.error("kept")
    assert lines.messages == ["kept"]


def test_it_can_be_pickled_like_structlog_s_own() -> None:
    make: Any = HotBoundLogger
    log = make(structlog.PrintLogger(), [], {"a": 1})
    assert pickle.loads(pickle.dumps(log)) == log


def test_threads_that_log_during_swaps_see_a_whole_level(captured: CapturingLogger) -> None:
    log = structlog.get_logger()
    done = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while not done.is_set():
                log.debug("x")
                log.bind(a=1).error("y")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(300):
        reset_filter(get_log_filter("Debug" if number % 2 else "Error"))
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {call.method_name for call in captured.calls} <= {"debug", "error"}


def test_structlog_is_imported_only_with_its_filter() -> None:
    code = "import sys, corvo_agent.logs; sys.exit(sum(name in sys.modules for name in ('structlog', 'loguru')))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
