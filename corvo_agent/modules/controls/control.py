"""A control: a level that a person puts over what a Module says, of the whole process or of one logger."""

from __future__ import annotations

from dataclasses import dataclass

from ...levels.level_filter import Scope

#: Most controls of one Module that count, the newest ones.
MAX_CONTROLS = 256
#: Longest value of a control, in bytes.
MAX_CONTROL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Control:
    """``level`` holds for ``logger`` and those below it, or for the whole process where that is "", until ``until``.

    ``level`` is as it was written. ``until`` is wall time in nanoseconds, 0 for no end. ``scope`` is what a level of
    the process below Info reaches: "app", "all", or names of loggers; "" is as the agent was told. ``by`` and
    ``reason`` are for people. ``id`` names it among the controls of its Module, ``revision`` is when it was written:
    of two for the same logger the newer one counts.
    """

    level: str
    until: int = 0
    logger: str = ""
    scope: Scope = ""
    by: str = ""
    reason: str = ""
    id: str = ""
    revision: int = 0

    def active(self, now: int) -> bool:
        """Whether it counts at wall time ``now``."""
        return self.until == 0 or now < self.until
