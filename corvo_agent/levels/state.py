"""What level holds now, and why: handed to what puts levels into force, and shown to operators."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..timestamps import format_rfc3339
from .level import Level, level_text
from .level_filter import LevelFilter, Scope


class LevelSource(enum.Enum):
    """Which rule gave the level, the strongest first."""

    #: ``spec.override``, while it lasts.
    OVERRIDE = "override"
    #: ``spec.log-level``.
    LOG_LEVEL = "log-level"
    #: The agent's default, or as configured: the Module says nothing, or there is none.
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class LevelState:
    """The level that has to hold; None is as the application configured.

    ``until`` is the wall time in nanoseconds at which an override ends, 0 when it does not or there is none; ``by``
    and ``reason`` are the override's; ``then`` is what holds after it. ``loggers`` are levels of single loggers.
    ``enable_trace`` asks the recorders that cost something to run.
    """

    level: Level | None = None
    source: LevelSource = LevelSource.DEFAULT
    until: int = 0
    by: str = ""
    reason: str = ""
    loggers: Mapping[str, Level] = field(default_factory=dict)
    enable_trace: bool = False
    then: LevelState | None = None

    @property
    def level_text(self) -> str:
        """The level as it is written: ``Debug``, ``as-configured``."""
        return level_text(self.level)

    @property
    def filter(self) -> LevelFilter:
        """What ``reset_filter`` takes. Raises ResourceExhausted when ``loggers`` names too many."""
        return self.filter_in("app")

    def filter_in(self, scope: Scope) -> LevelFilter:
        """The same with another scope for a level below Info. Raises InvalidArgument for one that there is not."""
        return LevelFilter(self.level, self.loggers, scope=scope)

    def as_json(self) -> dict[str, object]:
        """The state in JSON types, without what is empty; times in RFC 3339."""
        shown: dict[str, object] = {
            "level": self.level_text,
            "source": self.source.value,
            "until": format_rfc3339(self.until),
            "by": self.by,
            "reason": self.reason,
            "then": "" if self.then is None else self.then.level_text,
            "loggers": {name: level.text for name, level in self.loggers.items()},
            "enable-trace": self.enable_trace,
        }
        return {key: value for key, value in shown.items() if value}

    def __str__(self) -> str:
        text = f"{self.level_text} ({self.source.value}"
        text += f" by {self.by}" if self.by else ""
        text += f" until {format_rfc3339(self.until)}" if self.until else ""
        return f"{text}: {self.reason})" if self.reason else f"{text})"
