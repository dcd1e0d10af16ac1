"""Puts levels onto the standard library's loggers, and takes them off again as if it had never been.

Levels sit on the loggers themselves, so that a disabled call takes the standard library's own shortest path (one look
into the logger's cache). All of it happens under the lock of ``logging``, the one that a logger with an empty cache
waits for: caches are emptied last, hence a thread that asks ``isEnabledFor`` sees the old levels or the new ones,
never a mixture. ``logging`` itself holds that lock across a fork, so a child never inherits half a change.
"""

from __future__ import annotations

import logging
import threading
from typing import Self, cast

from .thresholds import Thresholds

# Private in name, but it is what logging.config takes for the same purpose; there is no public way to it.
LOGGING_LOCK = cast(threading.RLock, logging._lock)  # type: ignore[attr-defined]


class Applied(int):
    """The number that we put onto a logger. Which object it is tells it from the same number set by its owner.

    ``logger`` is the name of that logger, ``own`` what its owner had set. Copies made by pickling are plain numbers.
    """

    logger: str
    own: int

    def __new__(cls, number: int, logger: str, own: int) -> Self:
        """A mark of its own for each logger."""
        made = super().__new__(cls, number)
        made.logger, made.own = logger, own
        return made

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        return int, (int(self),)


def _owners(logger: logging.Logger) -> int:
    """What the owner of ``logger``, which we do not hold, has set."""
    level = logger.level
    if isinstance(level, Applied):
        # One of ours: code that put back what it had found, or that copied the level of another logger.
        return level.own if level.logger == logger.name else int(level)
    return level


class LoggerTree:
    """The loggers of this process and the levels that we put onto them.

    Thresholds count exactly for the loggers that they name. Any other logger below them that has a level of its own
    gets theirs too, unless its owner had made it quieter than its parent: then it stays at least as quiet. Loggers
    without a level inherit, as always. ``logging.disable``, ``Logger.disabled`` and the levels of handlers are their
    owner's and are not touched.
    """

    def __init__(self) -> None:
        # Guarded by LOGGING_LOCK. Loggers live as long as the process, so this holds nothing that would be freed.
        self._held: dict[logging.Logger, Applied] = {}

    def apply(self, thresholds: Thresholds) -> None:
        """Make the loggers follow ``thresholds``; empty ones give every logger its owner's level back.

        A level that its owner set since the last call, be it to the same number, counts as the owner's from now on.
        Must not be called from a signal handler that interrupted it.
        """
        with LOGGING_LOCK:
            self._notice_owners()
            wanted = self._wanted(thresholds)
            for logger in self._held.keys() - wanted.keys():
                logger.level = self._held.pop(logger).own
            for logger, level in wanted.items():
                logger.level = self._held[logger] = Applied(level, logger.name, self.own_level(logger))
            # Assigning .level changes no cached answer; setting one level the public way forgets them all.
            logging.root.setLevel(logging.root.level)

    def drifted(self, thresholds: Thresholds) -> bool:
        """Whether some logger is not as ``apply(thresholds)`` would leave it: new loggers, levels set by owners."""
        with LOGGING_LOCK:
            # A copy: a signal handler may change levels while this looks.
            if any(logger.level is not held for logger, held in list(self._held.items())):
                return True
            return any(self._held.get(logger) is None for logger in self._wanted(thresholds))

    def own_level(self, logger: logging.Logger) -> int:
        """What the owner of ``logger`` had set, whatever its level is now."""
        held = self._held.get(logger)
        return _owners(logger) if held is None else held.own

    def _notice_owners(self) -> None:
        for logger, held in self._held.items():
            if logger.level is held:
                continue
            found = _owners(logger)
            # Put back by its owner, who had found it here: a mark of ours says no more than what we know already.
            if not (isinstance(logger.level, Applied) and logger.level.logger == logger.name):
                held.own = found

    def _wanted(self, thresholds: Thresholds) -> dict[logging.Logger, int]:
        wanted = {logging.getLogger(name): level for name, level in thresholds.levels.items()}
        if not wanted:
            return wanted
        for logger in list(logging.Logger.manager.loggerDict.values()):
            # Most loggers have no level at all: that is asked first, because there may be thousands of them.
            if not isinstance(logger, logging.Logger) or not logger.level or logger in wanted:
                continue
            threshold = thresholds.of(logger.name)
            if threshold and self.own_level(logger):
                wanted[logger] = self._level_below(logger, threshold)
        return wanted

    def _level_below(self, logger: logging.Logger, threshold: int) -> int:
        own = self.own_level(logger)
        return max(own, threshold) if own > self._own_level_above(logger) else threshold

    def _own_level_above(self, logger: logging.Logger) -> int:
        parent = logger.parent
        while parent is not None:
            level = self.own_level(parent)
            if level:
                return level
            parent = parent.parent
        return 0
