"""Levels that change while the process runs: the filter, the call that puts it in force, and audit lines.

::

    reset_filter(get_log_filter(module.spec.log_level))

The level goes onto the loggers (``logger_tree``), so a disabled call costs what it costs in the standard library. A
logger keeps being quieter than its parent where its owner made it so, unless the filter names it. What no logger can
stop is for ``LiveFilter``: records handed straight to ``Logger.handle`` (queue listeners, socket receivers), loggers
made outside ``getLogger``, levels that are set later. Put it on a handler; ``configure_json_logging`` does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .in_force import APPLICATION, IN_FORCE, LevelListener
from .level import AUDIT, Level
from .level_filter import LevelFilter, Scope, logger_name
from .logger_tree import LOGGING_LOCK
from .thresholds import Thresholds

# So that other formatters print "audit" too, and not "Level 60"; a name that the host chose is left alone.
if logging.getLevelName(AUDIT) == f"Level {AUDIT}":
    logging.addLevelName(AUDIT, "audit")


#: Loggers told by ``held_back``.
MAX_HELD_BACK = 100


class LiveFilter(logging.Filter):
    """For handlers: what passes is what is in force for the record's logger. Everything does while nothing is."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether ``record`` passes now."""
        return record.levelno >= IN_FORCE.thresholds.of(record.name)


def get_log_filter(
    level: str | Level, loggers: Mapping[str, str | Level] | None = None, *, scope: Scope = "app"
) -> LevelFilter:
    """The filter for a ``log-level`` as it is written in a Module; a text that names no level means Info,
    and an empty one that the levels are as the application configured them.

    ``loggers`` are levels of single loggers and what is below them, ``scope`` is what a level below Info reaches: see
    ``LevelFilter``. Raises ResourceExhausted when it names too many, InvalidArgument for another scope.
    """
    return LevelFilter(
        _level(level) if level else None, {name: _level(text) for name, text in (loggers or {}).items()}, scope=scope
    )


def reset_filter(level_filter: LevelFilter | None, *, logger: logging.Logger | str = "") -> LevelFilter | None:
    """Put ``level_filter`` in force for ``logger`` (the root unless given) and all loggers below it, at once.

    This is what the application itself wants; an agent puts its Module's level over it (``LevelLayer``) and takes
    that away again. Returns what the application had in force there before, None at first. ``reset_filter(None)``
    takes it off: every logger has the level again that its owner gave it. Nothing happens when the same is in force
    already. Loggers that the filter names are created, as ``dictConfig`` does; loggers created later inherit. Levels
    that are set later (``setLevel``, ``dictConfig``) hold until ``refresh_filter`` or the next change. Where two
    filters name the same logger, the one for the deeper ``logger`` counts.

    Callable from any thread, and from a signal handler.
    """
    name = logger.name if isinstance(logger, logging.Logger) else logger
    return IN_FORCE.replace(APPLICATION, logger_name(name), level_filter)


def refresh_filter() -> bool:
    """Put what is in force onto loggers, handlers of other systems and levels that were set up since.

    Returns whether anything had to be done in ``logging``. Cheap enough to be called every few seconds.
    """
    return IN_FORCE.refresh()


def current_filter(*, logger: logging.Logger | str = "") -> LevelFilter | None:
    """What ``reset_filter`` put in force for ``logger``, None when it put nothing; an agent's level is not in it."""
    name = logger.name if isinstance(logger, logging.Logger) else logger
    return IN_FORCE.filters().get(logger_name(name))


def held_back() -> tuple[str, ...]:
    """The loggers of libraries that are at Info while the application's are below it; the first ones of many."""
    return tuple(IN_FORCE.tree.held_back()[:MAX_HELD_BACK])


def thresholds_in_force() -> Thresholds:
    """What every logger needs now, by name; empty while nothing is in force."""
    return IN_FORCE.thresholds


@contextmanager
def filtered(level_filter: LevelFilter, *, logger: logging.Logger | str = "") -> Iterator[LevelFilter]:
    """Have ``level_filter`` in force for the length of a ``with`` block, then again what was there before."""
    before = reset_filter(level_filter, logger=logger)
    try:
        yield level_filter
    finally:
        reset_filter(before, logger=logger)


def add_listener(listener: LevelListener) -> None:
    """Call ``listener.apply_levels`` now and at each change of the levels, until ``remove_listener``."""
    with LOGGING_LOCK:
        if listener not in IN_FORCE.listeners:
            IN_FORCE.listeners = (*IN_FORCE.listeners, listener)
    IN_FORCE.tell()


def remove_listener(listener: LevelListener) -> None:
    """Stop calling ``listener``: it stays at the levels that it has. Nothing happens when it was not added."""
    with LOGGING_LOCK:
        IN_FORCE.listeners = tuple(other for other in IN_FORCE.listeners if other is not listener)


def _level(level: str | Level) -> Level:
    return level if isinstance(level, Level) else Level.of(level)
