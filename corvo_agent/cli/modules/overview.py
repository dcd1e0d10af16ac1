"""Modules at a glance: whether each is alive, which level is wanted and holds, and how many errors it has logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...errors import CorvoError
from ...levels.state import LevelSource
from ...logs.lines.marker import is_marker
from ...modules.module_level import ModuleLevel
from ..backends.protocol import Backend
from ..failures import Failures
from ..many import for_each
from ..show.ages import age

HEADERS = ("NAME", "STATUS", "AGE", "LEVEL", "ERRORS", "RESTARTS")
WIDE = ("NODE", "CATEGORY", "BY", "REASON")
LIVE, SILENT, NO_AGENT, INVALID = "live", "silent", "no agent", "invalid"
#: Errors counted of one module, so that asking stays cheap.
MOST_ERRORS = 1000
# Errors, why they are not known, and remarks.
_Counted: TypeAlias = tuple[int | None, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Overview:
    """One module. ``errors`` are those of the time that was asked about, None where it is not known.

    ``unanswered`` is why its agent, which has announced itself, has not answered; ``remarks`` are what an answer says
    of lines that it could not judge, which may be errors too.
    """

    level: ModuleLevel
    errors: int | None = None
    unanswered: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The Module's."""
        return self.level.module.name

    @property
    def status(self) -> str:
        """What is known of its agent: ``invalid`` goes first, as nothing else can be said then."""
        if self.level.module.invalid:
            return INVALID
        if self.level.applied is None:
            return NO_AGENT
        return SILENT if self.unanswered else LIVE

    def row(self, now: int) -> tuple[str, ...]:
        """The columns of ``HEADERS`` at wall time ``now``."""
        started = self.level.module.status.last_start
        lived = age((now - started) / 1e9) if started else ""
        errors = ""
        if self.errors is not None:
            # At least so many: the count was cut, or some lines could not be judged.
            errors = f"{self.errors}{'+' if self.errors >= MOST_ERRORS or self.remarks else ''}"
        restarts = str(self.level.module.status.restart_count)
        return self.name, self.status, lived, self.level_text(now), errors, restarts

    def wide(self, now: int) -> tuple[str, ...]:
        """The columns of ``WIDE``."""
        state, status = self.level.wanted(now), self.level.module.status
        return status.node, status.category, state.by, state.reason

    def level_text(self, now: int) -> str:
        """The level that is wanted, until when, and the one in force where that is another."""
        if self.level.module.invalid:
            return ""
        state = self.level.wanted(now)
        text = state.level_text
        if state.source is LevelSource.OVERRIDE and state.until:
            text = f"{text} for {age((state.until - now) / 1e9)}"
        applied = self.level.applied
        if applied is not None and not self.level.holds(now):
            text = f"{text} ({applied.level or 'unknown'} in force)"
        return text

    def as_json(self, now: int) -> dict[str, Any]:
        """The same for programs."""
        state, applied = self.level.wanted(now), self.level.applied
        return {
            "name": self.name,
            "status": self.status,
            "started": self.level.module.status.last_start,
            "restarts": self.level.module.status.restart_count,
            "wanted": state.as_json(),
            "applied": None if applied is None else applied.level,
            "in-force": self.level.holds(now),
            "errors": self.errors,
            "remarks": self.remarks,
        }


async def overviews(backend: Backend, levels: Sequence[ModuleLevel], since: str, *, count: bool) -> list[Overview]:
    """``levels`` at a glance; with ``count`` each agent is asked for its errors ``since``, a duration or a time.

    One that does not answer is told by its status.
    """
    if not count:
        return [Overview(level) for level in levels]

    async def errors(name: str) -> _Counted:
        try:
            async with backend.agent(name) as client:
                found = await client.logs(level="Error", since=since, lines=MOST_ERRORS)
        except CorvoError as error:
            return None, str(error), ()
        remarks = tuple(dict.fromkeys(record["msg"] for record in found if is_marker(record)))
        return sum(not is_marker(record) for record in found), "", remarks

    asked = [level.module.name for level in levels if level.applied is not None and not level.module.invalid]
    counted = await for_each(asked, errors, Failures(named=True), "errors")
    nobody: _Counted = (None, "", ())
    return [Overview(level, *counted.get(level.module.name, nobody)) for level in levels]


def sort_key(by: str, now: int) -> Any:
    """What ``--sort`` sorts by: those that want to be looked at come first."""
    keys = {
        "name": lambda each: each.name,
        "errors": lambda each: (-(each.errors or 0), each.name),
        "status": lambda each: (each.status == LIVE, each.status, each.name),
        "level": lambda each: (each.level.holds(now), each.level_text(now), each.name),
        "restarts": lambda each: (-each.level.module.status.restart_count, each.name),
        "age": lambda each: (-each.level.module.status.last_start, each.name),
    }
    return keys[by]


#: What can be sorted by.
ORDERS = ("name", "errors", "status", "level", "restarts", "age")
