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
from typing import Protocol

from ..errors import ResourceExhausted
from .level import AUDIT, Level
from .logger_tree import LOGGING_LOCK, LoggerTree
from .thresholds import Thresholds, merge

_logger = logging.getLogger(__name__)

#: Loggers that one filter may name: each of them exists for the rest of the process.
MAX_LOGGERS = 1000

# So that other formatters print "audit" too, and not "Level 60"; a name that the host chose is left alone.
if logging.getLevelName(AUDIT) == f"Level {AUDIT}":
    logging.addLevelName(AUDIT, "audit")


# At Debug they write some thirty lines for each gRPC request; ``loggers`` may name them all the same.
_TRANSPORT = ("hpack",)


class LevelFilter(logging.Filter):
    """What passes: records at ``level`` and above, or at what ``loggers`` says for a logger and those below it.

    A value: it never changes, and two that let the same pass are equal. ``loggers`` outranks ``level``; the names ""
    and "root" in it mean the root logger. Audit records always pass, whatever the level.

    Raises ResourceExhausted when ``loggers`` has more than ``MAX_LOGGERS`` names.
    """

    def __init__(self, level: Level = Level.INFO, loggers: Mapping[str, Level] | None = None) -> None:
        super().__init__()
        named = dict(loggers or {})
        if len(named) > MAX_LOGGERS:
            raise ResourceExhausted("named loggers of a level filter", MAX_LOGGERS, len(named))
        self.level = level
        self.loggers: Mapping[str, Level] = {_logger_name(name): number for name, number in named.items()}
        self._thresholds = Thresholds({"": level, **self._transport(), **self.loggers})

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether ``record`` passes."""
        return record.levelno >= self._thresholds.of(record.name)

    def thresholds_for(self, logger: str) -> Thresholds:
        """The same rule with ``logger`` in the place of the root."""
        if not logger:
            return self._thresholds
        return Thresholds({logger: self.level, **self.loggers})

    def _transport(self) -> dict[str, Level]:
        """What Debug does not mean: the lines that carrying a look at the log would add to it."""
        return dict.fromkeys(_TRANSPORT, Level.INFO) if self.level < Level.INFO else {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LevelFilter) and (self.level, self.loggers) == (other.level, other.loggers)

    def __hash__(self) -> int:
        return hash((self.level, frozenset(self.loggers.items())))

    def __repr__(self) -> str:
        named = "".join(f", {name or 'root'}={level.text}" for name, level in self.loggers.items())
        return f"LevelFilter({self.level.text}{named})"


class LevelListener(Protocol):
    """A logging system beside ``logging`` that follows the same levels, such as loguru's: see ``add_listener``."""

    def apply_levels(self, thresholds: Thresholds) -> None:
        """Follow ``thresholds`` from now on; quick, may be called by any thread, does not raise."""
        ...


class _InForce:
    """What holds in this process: there is one ``logging`` in it, hence one of these.

    LOGGING_LOCK guards it against other threads, but not against a signal handler that runs in the middle of a
    change of its own thread. Such a handler only leaves what it wants; the change that it interrupted sees to it.
    """

    def __init__(self) -> None:
        self.tree = LoggerTree()
        # By the name of the logger at whose place they count. Replaced whole, like thresholds: readers need no lock.
        self.filters: Mapping[str, LevelFilter] = {}
        self.thresholds = Thresholds({})
        self.listeners: tuple[LevelListener, ...] = ()
        # The filters that the loggers are at, and whether they are being brought somewhere else.
        self._settled: Mapping[str, LevelFilter] | None = self.filters
        self._settling = False

    def replace(self, logger: str, new: LevelFilter | None) -> LevelFilter | None:
        """Put ``new`` (None: nothing) in force for ``logger``; what was there before."""
        with LOGGING_LOCK:
            old = self.filters.get(logger)
            # Putting the same in force again must cost nothing: watchers and timers do it all the time.
            if old == new:
                return old
            others = {name: item for name, item in self.filters.items() if name != logger}
            self.filters = others if new is None else {**others, logger: new}
            self._settle()
        self.tell()
        return old

    def refresh(self) -> bool:
        """Bring the loggers back to where they have to be; whether they had left it."""
        with LOGGING_LOCK:
            drifted = self.tree.drifted(self.thresholds)
            if drifted:
                # Settled means that nothing has to be done: it has to be forgotten to apply the same again.
                self._settled = None
                self._settle()
        self.tell()
        return drifted

    def _settle(self) -> None:
        while self._settled is not self.filters and not self._settling:
            self._settling = True
            try:
                filters = self.filters
                self.thresholds = merge(filters[name].thresholds_for(name) for name in sorted(filters))
                self.tree.apply(self.thresholds)
                self._settled = filters
            finally:
                self._settling = False

    def tell(self) -> None:
        """Bring every listener to ``thresholds``.

        Outside LOGGING_LOCK, because listeners take locks of their own whose holders may log. Instead, the thread that
        applied something looks whether it is still what holds: the last to apply always leaves the newest behind.
        """
        for listener in self.listeners:
            applied: Thresholds | None = None
            while applied is not self.thresholds:
                applied = self.thresholds
                try:
                    listener.apply_levels(applied)
                except Exception:
                    # One that breaks its promise must not keep the others from following.
                    _logger.exception("a listener of level changes failed: %r", listener)


_IN_FORCE = _InForce()


class LiveFilter(logging.Filter):
    """For handlers: what passes is what ``reset_filter`` put in force last. Everything does before that."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether ``record`` passes now."""
        return record.levelno >= _IN_FORCE.thresholds.of(record.name)


def get_log_filter(level: str | Level, loggers: Mapping[str, str | Level] | None = None) -> LevelFilter:
    """The filter for a ``log-level`` as it is written in a Module; a text that names no level means Info.

    ``loggers`` are levels of single loggers and what is below them. Raises ResourceExhausted when it names too many.
    """
    return LevelFilter(_level(level), {name: _level(text) for name, text in (loggers or {}).items()})


def reset_filter(level_filter: LevelFilter | None, *, logger: logging.Logger | str = "") -> LevelFilter | None:
    """Put ``level_filter`` in force for ``logger`` (the root unless given) and all loggers below it, at once.

    Returns what was in force there before, None at first. ``reset_filter(None)`` takes it off: every logger has the
    level again that its owner gave it. Nothing happens when the same is in force already. Loggers that the filter
    names are created, as ``dictConfig`` does; loggers created later inherit. Levels that are set later
    (``setLevel``, ``dictConfig``) hold until ``refresh_filter`` or the next change. Where two filters name the same
    logger, the one for the deeper ``logger`` counts.

    Callable from any thread, and from a signal handler.
    """
    name = logger.name if isinstance(logger, logging.Logger) else logger
    return _IN_FORCE.replace(_logger_name(name), level_filter)


def refresh_filter() -> bool:
    """Put what is in force onto loggers, handlers of other systems and levels that were set up since.

    Returns whether anything had to be done in ``logging``. Cheap enough to be called every few seconds.
    """
    return _IN_FORCE.refresh()


def current_filter(*, logger: logging.Logger | str = "") -> LevelFilter | None:
    """What ``reset_filter`` put in force for ``logger``, None when nothing is."""
    name = logger.name if isinstance(logger, logging.Logger) else logger
    return _IN_FORCE.filters.get(_logger_name(name))


def thresholds_in_force() -> Thresholds:
    """What every logger needs now, by name; empty while nothing is in force."""
    return _IN_FORCE.thresholds


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
        if listener not in _IN_FORCE.listeners:
            _IN_FORCE.listeners = (*_IN_FORCE.listeners, listener)
    _IN_FORCE.tell()


def remove_listener(listener: LevelListener) -> None:
    """Stop calling ``listener``: it stays at the levels that it has. Nothing happens when it was not added."""
    with LOGGING_LOCK:
        _IN_FORCE.listeners = tuple(other for other in _IN_FORCE.listeners if other is not listener)


def _level(level: str | Level) -> Level:
    return level if isinstance(level, Level) else Level.of(level)


def _logger_name(name: str) -> str:
    return "" if name == "root" else name
