"""The filter itself: a value that says which records pass, for the root and for single loggers."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from ..errors import InvalidArgument, ResourceExhausted
from .level import Level, level_text
from .thresholds import Thresholds

#: What a level below Info reaches: "app", "all", or names of loggers.
Scope = str | tuple[str, ...]

#: Loggers that one filter may name: each of them exists for the rest of the process.
MAX_LOGGERS = 1000

# At Debug they write some thirty lines for each gRPC request; ``loggers`` may name them all the same.
_TRANSPORT = ("hpack",)


class LevelFilter(logging.Filter):
    """What passes: records at ``level`` and above, or at what ``loggers`` says for a logger and those below it.

    A value: it never changes, and two that let the same pass are equal. ``loggers`` outranks ``level``; the names ""
    and "root" in it mean the root logger. Audit records always pass, whatever the level. ``level`` None is as the
    application configured: then only ``loggers`` count.

    ``scope`` is for a level below Info. With "app" it reaches the loggers of the application, and those of libraries
    stay at Info; with "all" it reaches all; with names those loggers and what is below. ``loggers`` count in any scope.

    Raises InvalidArgument for another scope, ResourceExhausted when ``loggers`` has more than ``MAX_LOGGERS`` names.
    """

    def __init__(
        self,
        level: Level | None = Level.INFO,
        loggers: Mapping[str, Level] | None = None,
        *,
        scope: Scope = "app",
    ) -> None:
        super().__init__()
        if isinstance(scope, str) and scope not in ("app", "all"):
            raise InvalidArgument("scope", scope, "must be app, all, or a tuple of logger names")
        named = dict(loggers or {})
        if len(named) > MAX_LOGGERS:
            raise ResourceExhausted("named loggers of a level filter", MAX_LOGGERS, len(named))
        self.level = level
        self.loggers: Mapping[str, Level] = {logger_name(name): number for name, number in named.items()}
        self.scope: Scope = scope if isinstance(scope, str) else tuple(map(logger_name, scope))
        levels = {**self._at(""), **self._transport(), **self.loggers}
        self._thresholds = Thresholds(levels, own_only=scope == "app")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether ``record`` passes."""
        return record.levelno >= self._thresholds.of(record.name)

    def thresholds_for(self, logger: str) -> Thresholds:
        """The same rule with ``logger`` in the place of the root."""
        if not logger:
            return self._thresholds
        return Thresholds({**self._at(logger), **self.loggers})

    def _at(self, logger: str) -> dict[str, Level]:
        if self.level is None:
            return {}
        if logger or isinstance(self.scope, str) or self.level >= Level.INFO:
            return {logger: self.level}
        return {"": Level.INFO, **dict.fromkeys(self.scope, self.level)}

    def _transport(self) -> dict[str, Level]:
        """What Debug does not mean: the lines that carrying a look at the log would add to it."""
        return dict.fromkeys(_TRANSPORT, Level.INFO) if self.level is not None and self.level < Level.INFO else {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LevelFilter) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.level, frozenset(self.loggers.items()), self.scope))

    def _key(self) -> tuple[object, ...]:
        return self.level, self.loggers, self.scope

    def __repr__(self) -> str:
        named = "".join(f", {name or 'root'}={level.text}" for name, level in self.loggers.items())
        scope = "" if self.scope == "app" else f", scope={self.scope}"
        return f"LevelFilter({level_text(self.level)}{named}{scope})"


def logger_name(name: str) -> str:
    """``name`` as thresholds know it: "" and "root" are both the root logger."""
    return "" if name == "root" else name
