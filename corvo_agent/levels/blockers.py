"""Why a line does not come although the level in force lets it pass: what its owners have put in its way."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

from .filter import thresholds_in_force
from .handler_blockers import filter_blockers, handler_blockers
from .thresholds import Thresholds

#: Maximum reported.
MAX_BLOCKERS = 50


def level_blockers() -> tuple[str, ...]:
    """What stops lines that the level in force lets pass, as texts for people; the first ones of many.

    None of it is changed by a level. In ``logging``: ``logging.disable``, loggers that are disabled, that their owners
    made quieter, or that do not hand lines on, levels and filters of handlers and of those behind a queue or a buffer,
    and that there is no handler at all; besides, structlog's wrapper class and loguru's sinks. Empty while no filter
    is in force.
    """
    return tuple(islice(_blockers(), MAX_BLOCKERS))


def _blockers() -> Iterator[str]:
    thresholds = thresholds_in_force()
    # No filter is in force: every level is the owners' own, and nothing is in its way.
    if not thresholds.levels:
        return
    stopped = logging.root.manager.disable
    if stopped >= thresholds.lowest:
        yield f"logging.disable stops {_name(stopped)} and everything below it"
    yield from _no_handler(thresholds)
    for logger in _loggers():
        yield from _blockers_of(logger, thresholds)
    yield from _structlog_blockers(thresholds)
    yield from _loguru_blockers(thresholds)


def _blockers_of(logger: logging.Logger, thresholds: Thresholds) -> Iterator[str]:
    where, wanted = f"logger {logger.name}", thresholds.of(_key(logger))
    if logger.disabled:
        yield f"{where} is disabled"
    if logger.level > wanted:
        yield f"{where} is kept at {_name(logger.level)} by its owner"
    if not logger.propagate and logger is not logging.root:
        ends = "and has no handler" if not logger.handlers else "to the handlers above it"
        yield f"{where} does not hand its lines on {ends}"
    yield from filter_blockers(logger, where)
    for handler in logger.handlers:
        yield from handler_blockers(handler, where, _lowest_below(logger, thresholds))


def _no_handler(thresholds: Thresholds) -> Iterator[str]:
    if logging.root.handlers:
        return
    last = logging.lastResort
    if last is None:
        yield "logger root has no handler: lines that no other handler takes are dropped"
    elif last.level > thresholds.lowest:
        yield f"logger root has no handler: of lines that no other takes, stderr gets those from {_name(last.level)} on"


def _structlog_blockers(thresholds: Thresholds) -> Iterator[str]:
    # Not imported for this: a program that does not use it has nothing there.
    structlog: Any = sys.modules.get("structlog")
    wrapper: Any = (
        structlog.get_config()["wrapper_class"] if structlog is not None and structlog.is_configured() else None
    )
    level_of = getattr(wrapper, "get_effective_level", None)
    if level_of is None or str(wrapper.__module__).startswith(f"{__package__}."):
        return
    # The classes that structlog makes for one level answer without an instance; others may need one.
    try:
        level = level_of(None)
    except Exception:
        return
    if isinstance(level, int) and level > thresholds.lowest:
        yield f"structlog's wrapper class {wrapper.__name__} takes nothing below {_name(level)}"


def _loguru_blockers(thresholds: Thresholds) -> Iterator[str]:
    loguru: Any = sys.modules.get("loguru")
    # The numbers of sinks are private to loguru: where they are not found, nothing can be said of them.
    core = getattr(getattr(loguru, "logger", None), "_core", None)
    for identity, sink in sorted(dict(getattr(core, "handlers", None) or {}).items()):
        level = getattr(sink, "_levelno", 0)
        if level > thresholds.lowest:
            yield f"loguru's sink {identity} takes nothing below {_name(level)}"


def _loggers() -> list[logging.Logger]:
    known = logging.root.manager.loggerDict
    return [logging.root, *(known[name] for name in sorted(known) if isinstance(known[name], logging.Logger))]  # type: ignore[list-item]


def _lowest_below(logger: logging.Logger, thresholds: Thresholds) -> int:
    """The lowest number that ``logger`` or one below it needs: their lines reach its handlers too."""
    name = _key(logger)
    below = [level for other, level in thresholds.levels.items() if not name or other.startswith(f"{name}.")]
    return min([thresholds.of(name), *below])


def _key(logger: logging.Logger) -> str:
    return "" if logger is logging.root else logger.name


def _name(level: int) -> str:
    return str(logging.getLevelName(level))
