"""Puts levels onto the standard library's loggers, and takes them off again as if it had never been.

Levels sit on the loggers themselves, so that a disabled call takes the standard library's own shortest path (one look
into the logger's cache). All of it happens under the lock of ``logging``, the one that a logger with an empty cache
waits for: caches are emptied last, hence a thread that asks ``isEnabledFor`` sees the old levels or the new ones,
never a mixture. ``logging`` itself holds that lock across a fork, so a child never inherits half a change.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Self, cast

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
    # Set past setLevel it may be anything; what is no number is no level for logging either.
    return level if isinstance(level, int) else 0


class _HoldBackNew:
    """Stands where ``logging`` finds the parent of a new logger, and looks at the logger after that."""

    def __init__(self, original: Callable[[logging.Logger], None], tree: LoggerTree) -> None:
        self.original = original
        self.tree = tree

    def __call__(self, logger: logging.Logger) -> None:
        self.original(logger)
        self.tree.hold_back_new(logger)


def _loggers() -> list[logging.Logger]:
    known = list(logging.Logger.manager.loggerDict.values())
    return [logger for logger in known if isinstance(logger, logging.Logger)]


class LoggerTree:
    """The loggers of this process and the levels that we put onto them.

    Thresholds count exactly for the loggers that they name. Any other logger below them that has a level of its own
    gets theirs too, unless its owner had made it quieter than its parent: then it stays at least as quiet. Loggers
    without a level inherit, as always, but those of libraries that are held back, also such as are made later, get
    the level at which they are. ``logging.disable``, ``Logger.disabled`` and the levels of handlers are their
    owner's and are not touched.
    """

    def __init__(self) -> None:
        # Guarded by LOGGING_LOCK. Loggers live as long as the process, so this holds nothing that would be freed.
        self._held: dict[logging.Logger, Applied] = {}
        self._thresholds = Thresholds({})

    def apply(self, thresholds: Thresholds) -> None:
        """Make the loggers follow ``thresholds``; empty ones give every logger its owner's level back.

        A level that its owner set since the last call, be it to the same number, counts as the owner's from now on.
        Must not be called from a signal handler that interrupted it.
        """
        with LOGGING_LOCK:
            self._notice_owners()
            self._thresholds = thresholds
            wanted = self._wanted(thresholds)
            self._watch_new(thresholds.own_only)
            for logger in self._held.keys() - wanted.keys():
                logger.level = self._held.pop(logger).own
            for logger in self._left_behind():
                logger.level = _owners(logger)
            for logger, level in wanted.items():
                logger.level = self._held[logger] = Applied(level, logger.name, self.own_level(logger))
            # Assigning .level changes no cached answer; setting one level the public way forgets them all.
            logging.root.setLevel(logging.root.level)

    def drifted(self, thresholds: Thresholds) -> bool:
        """Whether some logger is not as ``apply(thresholds)`` would leave it: new loggers, levels set by owners."""
        with LOGGING_LOCK:
            # A copy: a signal handler may change levels while this looks.
            if any(logger.level is not held for logger, held in list(self._held.items())) or self._left_behind():
                return True
            return any(self._held.get(logger) is None for logger in self._wanted(thresholds))

    def _left_behind(self) -> list[logging.Logger]:
        """Loggers on which code put back what it had found there while we held them, after we had let go of them."""
        return [logger for logger in (logging.root, *_loggers()) if self._is_left_behind(logger)]

    def _is_left_behind(self, logger: logging.Logger) -> bool:
        return isinstance(logger.level, Applied) and logger not in self._held

    def own_levels(self) -> dict[str, int]:
        """The levels that owners have set on loggers below the root, by name."""
        found = ((logger.name, self.own_level(logger)) for logger in _loggers())
        return {name: level for name, level in found if level}

    def held_back(self) -> list[str]:
        """Names of the libraries that are held back now: of each the loggers that no other stands above."""
        with LOGGING_LOCK:
            return sorted(logger.name for logger in list(self._held) if self._is_held_back(logger, self._thresholds))

    def own_level(self, logger: logging.Logger) -> int:
        """What the owner of ``logger`` had set, whatever its level is now."""
        held, level = self._held.get(logger), logger.level
        # An older mark of ours was put back by code that had found it here: it says no more than what is known.
        if held is not None and isinstance(level, Applied) and level.logger == logger.name:
            return held.own
        return _owners(logger)

    def _notice_owners(self) -> None:
        for logger, held in list(self._held.items()):
            held.own = self.own_level(logger)

    def _wanted(self, thresholds: Thresholds) -> dict[logging.Logger, int]:
        wanted = {logging.getLogger(name): level for name, level in thresholds.levels.items()}
        if not wanted:
            return wanted
        for logger in _loggers():
            # Most loggers have no level at all: that is asked first, because there may be thousands of them.
            if logger in wanted or not (logger.level or thresholds.own_only):
                continue
            if self._is_held_back(logger, thresholds) and not self.own_level(logger):
                wanted[logger] = thresholds.of(logger.name)
                continue
            threshold = thresholds.of(logger.name)
            if threshold and self.own_level(logger):
                wanted[logger] = self._level_below(logger, threshold)
            elif self._hangs_below_library(logger, thresholds):
                above = self._own_level_above(logger)
                wanted[logger] = max(above, threshold) if above > self.own_level(logging.root) else threshold
        return wanted

    def _is_held_back(self, logger: logging.Logger, thresholds: Thresholds) -> bool:
        """Whether it is the uppermost of a library that is held back: those below it inherit."""
        parent = logger.parent
        above = parent is not None and parent is not logging.root and thresholds.holds_back(parent.name)
        return not above and thresholds.holds_back(logger.name)

    def _hangs_below_library(self, logger: logging.Logger, thresholds: Thresholds) -> bool:
        """Whether it would inherit from a library that it does not belong to by its name.

        Celery's ``get_task_logger`` hangs the loggers of an application's tasks below ``celery.task``.
        """
        parent = logger.parent
        if parent is None or parent is logging.root or logger.name.startswith(f"{parent.name}."):
            return False
        return thresholds.holds_back(parent.name) and not thresholds.holds_back(logger.name)

    def _watch_new(self, wanted: bool) -> None:
        """Have loggers that are made from now on held back at once, and not at the next refresh.

        What is replaced on the one manager is private to ``logging``; where it is not found, the refresh does it.
        """
        manager: Any = logging.root.manager
        there: Any = getattr(manager, "_fixupParents", None)
        ours = isinstance(there, _HoldBackNew) and there.tree is self
        if wanted and there is not None and not ours:
            manager._fixupParents = _HoldBackNew(there, self)
        elif ours and not wanted:
            manager._fixupParents = there.original

    def hold_back_new(self, logger: logging.Logger) -> None:
        """Called under LOGGING_LOCK for a logger that is made just now."""
        thresholds = self._thresholds
        if thresholds.own_only and self._is_held_back(logger, thresholds):
            logger.level = self._held[logger] = Applied(thresholds.of(logger.name), logger.name, self.own_level(logger))

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
