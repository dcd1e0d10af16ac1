"""What level holds now, and why: handed to what puts levels into force, and shown to operators."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from .level import Level, level_text
from .level_filter import LevelFilter, Scope


class LevelSource(enum.Enum):
    """Which rule gave the level, the strongest first."""

    #: A control of the whole process, while it lasts.
    OVERRIDE = "override"
    #: ``spec.log-level``.
    LOG_LEVEL = "log-level"
    #: The agent's default, or as configured: the Module says nothing, or there is none.
    DEFAULT = "default"


_NONE: Mapping[str, Any] = MappingProxyType({})


class LevelState(NamedTuple):
    """The level that has to hold; None is as the application configured.

    ``until`` is the wall time in nanoseconds at which an override ends, 0 when it does not or there is none; ``by``
    and ``reason`` are the override's, and ``scope``, "" for that of the agent. ``loggers`` are levels of single
    loggers, ``logger_ends`` the wall times at which some of these end. ``enable_trace`` asks the recorders that cost
    something to run. ``then`` is what holds from ``changes_at`` on; None: nothing ends.
    """

    level: Level | None = None
    source: LevelSource = LevelSource.DEFAULT
    until: int = 0
    by: str = ""
    reason: str = ""
    loggers: Mapping[str, Level] = _NONE
    enable_trace: bool = False
    then: LevelState | None = None
    scope: Scope = ""
    logger_ends: Mapping[str, int] = _NONE

    @property
    def level_text(self) -> str:
        """The level as it is written: ``Debug``, ``as-configured``."""
        return level_text(self.level)

    @property
    def changes_at(self) -> int:
        """The wall time in nanoseconds at which the first of what ends does so, 0 when nothing ends."""
        return min((end for end in (self.until, *self.logger_ends.values()) if end), default=0)

    @property
    def after_override(self) -> LevelState | None:
        """What holds when the override has ended; None when there is none, or it has no end."""
        after: LevelState | None = self
        while after is not None and self.until and after.until == self.until:
            after = after.then
        return after if self.until else None

    @property
    def filter(self) -> LevelFilter:
        """What ``reset_filter`` takes. Raises ResourceExhausted when ``loggers`` names too many."""
        return self.filter_in("app")

    def filter_in(self, scope: Scope) -> LevelFilter:
        """The same where a level below Info reaches ``scope`` unless the state has a scope of its own.

        Raises InvalidArgument for one that there is not.
        """
        return LevelFilter(self.level, self.loggers, scope=self.scope or scope)

    def as_json(self) -> dict[str, object]:
        """The state in JSON types, without what is empty; times in RFC 3339."""
        # Late, as below: every service has a level, and few show it.
        from ..timestamps import format_rfc3339

        shown: dict[str, object] = {
            "level": self.level_text,
            "source": self.source.value,
            "until": format_rfc3339(self.until),
            "by": self.by,
            "reason": self.reason,
            "scope": self.scope if isinstance(self.scope, str) else ",".join(self.scope),
            "then": "" if (after := self.after_override) is None else after.level_text,
            "loggers": {name: level.text for name, level in self.loggers.items()},
            "logger-ends": {name: format_rfc3339(end) for name, end in self.logger_ends.items()},
            "enable-trace": self.enable_trace,
        }
        return {key: value for key, value in shown.items() if value}

    def __str__(self) -> str:
        text = f"{self.level_text} ({self.source.value}"
        text += f" by {self.by}" if self.by else ""
        from ..timestamps import format_rfc3339

        text += f" until {format_rfc3339(self.until)}" if self.until else ""
        return f"{text}: {self.reason})" if self.reason else f"{text})"
