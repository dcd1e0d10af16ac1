"""Levels of loguru that change while the process runs, without taking sinks away. Importing this imports loguru.

::

    levels = LoguruFilter()
    levels.add(sys.stderr)  # or logger.add(sys.stderr, level=0, filter=levels)
    reset_filter(get_log_filter("Info", {"app.db": "Debug"}))  # names are those of the modules that log

The filter alone decides rightly, by loguru's public interface. But loguru asks a filter only once it has built the
whole record, some microseconds for each line that no sink wants. It skips that below the lowest level of its sinks, a
number that it works out when sinks come and go; so a change of level works it out anew, counting the filter's sinks
with the filter's level. That number is private to loguru: where it is not found as it is known to be, nothing is
touched and the filter does it all.
"""

from __future__ import annotations

from typing import Any

import loguru

from .filter import add_listener, refresh_filter, remove_listener
from .thresholds import Thresholds


class LoguruFilter:
    """A ``filter=`` for loguru sinks that follows ``reset_filter``, for all sinks of one ``logger``.

    Follows from when it is made until ``close``; then it stays at what it has.
    """

    def __init__(self, logger: loguru.Logger | None = None) -> None:
        self._logger = logger or loguru.logger
        self._thresholds = Thresholds({})
        add_listener(self)

    def __call__(self, record: Any) -> bool:
        """Whether loguru's ``record`` passes."""
        return bool(record["level"].no >= self._thresholds.of(record["name"] or ""))

    def add(self, sink: Any, **options: Any) -> int:
        """``logger.add(sink, ...)`` under this filter; the sink's id.

        ``level`` is 0 unless given: what a sink's own level stops, no filter can bring back.
        """
        identity = self._logger.add(sink, filter=self, **{"level": 0, **options})
        refresh_filter()
        return int(identity)

    def close(self) -> None:
        """Follow no longer."""
        remove_listener(self)

    def apply_levels(self, thresholds: Thresholds) -> None:
        """Let pass what ``thresholds`` say, from now on."""
        self._thresholds = thresholds
        core: Any = getattr(self._logger, "_core", None)
        # A later loguru may have moved them: then the filter alone decides, as right and only slower.
        if not all(hasattr(core, name) for name in ("handlers", "lock", "min_level")):
            return
        wanted = _lowest(core)
        if wanted < core.min_level:
            # Too low is never wrong, only slower: this needs no lock, and must not be kept waiting by one.
            core.min_level = wanted
        # Not waited for: a signal handler may have interrupted the thread that holds it.
        if core.lock.acquire(blocking=False):
            try:
                core.min_level = _lowest(core)
            finally:
                core.lock.release()

    def lowest(self, level: float) -> float:
        """The lowest level that a sink of ``level`` under this filter lets pass."""
        return max(level, self._thresholds.lowest)


def _lowest(core: Any) -> float:
    """The lowest level that any sink of ``core`` wants now; 0 where a sink does not tell."""
    levels = []
    for sink in list(core.handlers.values()):
        level, level_filter = getattr(sink, "_levelno", 0), getattr(sink, "_filter", None)
        levels.append(level_filter.lowest(level) if isinstance(level_filter, LoguruFilter) else level)
    return min(levels, default=float("inf"))
