"""Levels of structlog that change while the process runs. Importing this file imports structlog.

::

    structlog.configure(wrapper_class=HotBoundLogger, cache_logger_on_first_use=True)
    reset_filter(get_log_filter("Debug"))  # every logger follows at once, cached and bound ones too

structlog's own filtering loggers are classes made for one level, in which a call below it is an empty function.
``HotBoundLogger`` is one class that inherits from the class of the current level: a change puts another base under it.
All instances see that at once because they look methods up in their class, and a disabled call is still structlog's
own empty function.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

import structlog

from .filter import add_listener
from .level import AUDIT, Level
from .thresholds import Thresholds

_NUMBERS: Mapping[str, int] = {
    **dict.fromkeys(("critical", "fatal"), logging.CRITICAL),
    **dict.fromkeys(("error", "err", "exception"), logging.ERROR),
    **dict.fromkeys(("warning", "warn"), logging.WARNING),
    **dict.fromkeys(("info", "msg"), logging.INFO),
    "debug": logging.DEBUG,
    "audit": AUDIT,
    "notset": logging.NOTSET,
}


def _nop(self: object, event: str | None = None, *args: object, **fields: object) -> None:
    """What a disabled method does."""


async def _anop(self: object, event: str | None = None, *args: object, **fields: object) -> None:
    """What a disabled awaitable method does."""


def _silent_base() -> type[Any]:
    """A filtering logger that lets no line pass: structlog has none above critical."""
    # One class deeper than critical, with its remaining methods silenced.
    below = structlog.make_filtering_bound_logger(logging.CRITICAL)
    methods: dict[str, Any] = {"critical": _nop, "fatal": _nop, "log": _nop, "acritical": _anop, "afatal": _anop}
    methods["alog"] = _anop
    methods["is_enabled_for"] = lambda self, level: level >= AUDIT
    methods["get_effective_level"] = lambda self: AUDIT
    return type("BoundLoggerFilteringAtNone", (below,), methods)


_BASES: Mapping[int, type[Any]] = {
    **{
        level: structlog.make_filtering_bound_logger(int(level))
        for level in (logging.NOTSET, Level.DEBUG, Level.INFO, Level.WARN, Level.ERROR)
    },
    Level.NONE: _silent_base(),
}


def _audit(self: Any, event: str | None = None, **fields: Any) -> Any:
    """Log an audit line: never filtered by level."""
    try:
        args, keywords = self._process_event("audit", event, fields)
    except structlog.DropEvent:
        return None
    # logging has no method named audit, so the number goes through log; other wrapped loggers take msg.
    if isinstance(self._logger, logging.Logger):
        return self._logger.log(AUDIT, *args, **keywords)
    return self._logger.msg(*args, **keywords)


if TYPE_CHECKING:

    class HotBoundLogger(structlog.typing.FilteringBoundLogger):
        """The wrapper class for ``structlog.configure``; see above."""

        def audit(self, event: str | None = None, **fields: Any) -> Any:
            """Log an audit line: never filtered by level."""

else:
    HotBoundLogger = type(
        "HotBoundLogger",
        (_BASES[logging.NOTSET],),
        {
            "__module__": __name__,
            "__doc__": "A bound logger whose level ``reset_filter`` changes.",
            "audit": _audit,
        },
    )


def filter_by_logger_level(
    logger: Any, method_name: str, event_dict: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A processor, to stand first: drops what the level of the logger's own name does not let pass.

    The name is the event's ``logger`` (bind it, or let ``add_logger_name`` stand before), else the wrapped logger's.
    Needed only for levels of single loggers, or where another wrapper class is used: then it is what changes levels.
    """
    name = event_dict.get("logger") or getattr(logger, "name", None) or ""
    if _NUMBERS.get(method_name, logging.CRITICAL) < _FOLLOWER.thresholds.of(str(name)):
        raise structlog.DropEvent
    return event_dict


class _Follower:
    """Puts the base of the lowest level in force under ``HotBoundLogger``."""

    def __init__(self) -> None:
        self.thresholds = Thresholds({})

    def apply_levels(self, thresholds: Thresholds) -> None:
        """One assignment each: a thread that logs meanwhile gets the old level or the new one."""
        self.thresholds = thresholds
        HotBoundLogger.__bases__ = (_BASES[max(level for level in _BASES if level <= thresholds.lowest)],)


_FOLLOWER = _Follower()
add_listener(_FOLLOWER)
