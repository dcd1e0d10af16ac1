"""What a log call costs: disabled beside the peers' own disabled calls, enabled as JSON beside other JSON formatters.

Every round runs all cases of a group one after the other; a ratio is the median over the rounds of what the case took
in relation to the group's first case in the same round.
"""

from __future__ import annotations

import copy
import io
import json
import logging
import os
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TextIO

import loguru
import orjson
import structlog
from pythonjsonlogger.json import JsonFormatter as PeerFormatter
from pythonjsonlogger.orjson import OrjsonFormatter as PeerOrjsonFormatter

from corvo_agent.levels import LevelFilter, LiveFilter, get_log_filter, reset_filter
from corvo_agent.levels.loguru_filter import LoguruFilter
from corvo_agent.levels.structlog_filter import HotBoundLogger
from corvo_agent.levels.thresholds import Thresholds
from corvo_agent.logs import JsonFormatter

from . import report

ROUNDS = 100
DISABLED_CALLS = 4_000
ENABLED_CALLS = 200
FIELDS = {"user": "kim", "attempt": 3, "seconds": 1.5}
PEER_FIELDS = "%(levelname)s %(asctime)s %(name)s %(filename)s %(lineno)d %(process)d %(message)s"

Case = Callable[[], object]


def disabled(debug: Callable[..., Any]) -> Case:
    """Many calls of a disabled method."""

    def run() -> None:
        for number in range(DISABLED_CALLS):
            debug("request %s took %s", number, 1.5)

    return run


def enabled(info: Callable[..., Any]) -> Case:
    """Many calls of an enabled method of a standard logger."""

    def run() -> None:
        for _ in range(ENABLED_CALLS):
            info("connected", extra=FIELDS)

    return run


def enabled_structlog(info: Callable[..., Any]) -> Case:
    """The same of a structlog logger."""

    def run() -> None:
        for _ in range(ENABLED_CALLS):
            info("connected", **FIELDS)

    return run


def standard_logger(name: str, level: int, formatter: logging.Formatter, stream: TextIO) -> logging.Logger:
    """A logger outside the tree, which no ``reset_filter`` reaches."""
    logger = logging.Logger(name, level)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    return logger


def structlog_logger(stream: TextIO, wrapper: type[Any], *renderers: Any) -> Any:
    """A structlog logger that writes what JsonFormatter writes."""
    callsite = structlog.processors.CallsiteParameter
    processors = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.CallsiteParameterAdder({callsite.FILENAME, callsite.LINENO, callsite.PROCESS}),
        *renderers,
    ]
    logger = structlog.WriteLogger(stream)
    return structlog.wrap_logger(logger, processors=processors, wrapper_class=wrapper, module="svc").bind(
        submodule="db"
    )


def bare_structlog(wrapper: type[Any]) -> Any:
    """A structlog logger whose disabled call is measured."""
    return structlog.wrap_logger(structlog.ReturnLogger(), processors=[], wrapper_class=wrapper).bind()


def loguru_logger(**sink: Any) -> Any:
    """A loguru logger of its own with at most one sink, which drops what it gets."""
    loguru.logger.remove()
    logger = copy.deepcopy(loguru.logger)
    if sink:
        logger.add(lambda _: None, **sink)
    return logger


def disabled_cases() -> Mapping[str, Mapping[str, Case]]:
    """Groups of cases that are compared with each other; the first of each is the peer's own way."""
    plain = logging.Logger("plain", logging.INFO)
    ours = logging.getLogger("bench.db")
    for level in ("Debug", "Error") * 50:
        reset_filter(get_log_filter(level))
    own_filter = Thresholds({"": logging.INFO})
    follower = loguru_logger()
    levels = LoguruFilter(follower)
    levels.add(lambda _: None)
    reset_filter(get_log_filter("Info"))
    by_level = structlog.wrap_logger(
        ours, processors=[structlog.stdlib.filter_by_level], wrapper_class=structlog.stdlib.BoundLogger
    ).bind()
    return {
        "logging": {"logging, level set by hand": disabled(plain.debug), "logging, reset_filter": disabled(ours.debug)},
        "structlog": {
            "structlog, fixed level": disabled(bare_structlog(structlog.make_filtering_bound_logger(20)).debug),
            "structlog, HotBoundLogger": disabled(bare_structlog(HotBoundLogger).debug),
            "structlog, filter_by_level over logging": disabled(by_level.debug),
        },
        "loguru": {
            "loguru, level of the sink": disabled(loguru_logger(level="INFO").debug),
            "loguru, LoguruFilter": disabled(follower.debug),
            "loguru, a filter function": disabled(
                loguru_logger(level=0, filter=lambda r: r["level"].no >= own_filter.of(r["name"])).debug
            ),
        },
    }


def enabled_loggers(stream: TextIO) -> Mapping[str, tuple[Callable[..., Case], Any]]:
    """What is compared for an enabled call, ours first."""
    ours = standard_logger("db", logging.INFO, JsonFormatter("svc"), stream)
    live = standard_logger("db", logging.INFO, JsonFormatter("svc"), stream)
    live.handlers[0].addFilter(LiveFilter())
    fixed = structlog.make_filtering_bound_logger(20)
    json_renderer = structlog.processors.JSONRenderer()
    orjson_renderer = structlog.processors.JSONRenderer(lambda event, default: orjson.dumps(event, default).decode())
    peer, peer_orjson = (kind(PEER_FIELDS) for kind in (PeerFormatter, PeerOrjsonFormatter))
    return {
        "JsonFormatter": (enabled, ours),
        "JsonFormatter and LiveFilter": (enabled, live),
        "python-json-logger": (enabled, standard_logger("db", logging.INFO, peer, stream)),
        "python-json-logger, orjson": (enabled, standard_logger("db", logging.INFO, peer_orjson, stream)),
        "structlog, JSONRenderer": (enabled_structlog, structlog_logger(stream, fixed, json_renderer)),
        "structlog, JSONRenderer with orjson": (enabled_structlog, structlog_logger(stream, fixed, orjson_renderer)),
    }


def check(make: Callable[[TextIO], Mapping[str, tuple[Callable[..., Case], Any]]]) -> None:
    """Every logger that is compared writes all of the fields."""
    for name in make(io.StringIO()):
        stream = io.StringIO()
        kind, logger = make(stream)[name]
        logger.info("connected", **({"extra": FIELDS} if kind is enabled else FIELDS))
        line = json.loads(stream.getvalue())
        if not FIELDS.items() <= line.items() or len(line) < len(FIELDS) + 6:
            sys.exit(f"{name} writes something else: {line}")


def reset_each(filters: Sequence[LevelFilter]) -> None:
    """One change of level for each filter."""
    for each in filters:
        reset_filter(each)


def swap_cases() -> Mapping[str, Case]:
    """One change of level, with more and more to change."""
    cases: dict[str, Case] = {}
    for count in (0, 100, 1000):
        names = [f"swap{count}.l{number}" for number in range(count)]
        filters = [get_log_filter(level, dict.fromkeys(names, level)) for level in ("Debug", "Error")]
        cases[f"reset_filter, {count} named loggers"] = partial(reset_each, filters)
    return cases


def rows(cases: Mapping[str, Case], calls: int, rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Nanoseconds per call, and how that compares with the first case."""
    seconds = report.interleave(cases, rounds)
    first = next(iter(seconds.values()))
    return [
        {
            "case": name,
            **{f"ns_{key}": value for key, value in report.summary(values, 1e9 / calls).items() if key != "max"},
            "ratio_to_first": round(statistics.median(a / b for a, b in zip(values, first, strict=True)), 3),
        }
        for name, values in seconds.items()
    ]


def main() -> None:
    """Measure, print, keep."""
    result: list[dict[str, object]] = []
    for group, cases in disabled_cases().items():
        result += [{"group": f"disabled, {group}", **row} for row in rows(cases, DISABLED_CALLS)]
    reset_filter(None)
    check(enabled_loggers)
    with open(os.devnull, "w", encoding="utf-8") as stream:
        cases = {name: kind(logger.info) for name, (kind, logger) in enabled_loggers(stream).items()}
        result += [{"group": "enabled", **row} for row in rows(cases, ENABLED_CALLS)]
    result += [{"group": "swap", **row} for row in rows(swap_cases(), 2)]
    reset_filter(None)
    report.publish("levels", result, "python-json-logger", "structlog", "loguru")


if __name__ == "__main__":
    main()
