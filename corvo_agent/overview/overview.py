"""One Module at a glance, and the one form in which programs get it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import DecodeError
from ..modules.module_level import ModuleLevel
from ..timestamps import format_rfc3339, parse_rfc3339
from .measuring import Measured

# What the kernel says of a process that does not run because it was told so.
_STOPPED = frozenset({"stopped", "tracing-stop"})


class Status:
    """What is known of the agent of a Module, the words that are shown."""

    #: It has announced itself, and has answered if it was asked.
    LIVE = "live"
    #: It has announced itself and cannot be reached.
    SILENT = "silent"
    #: It can be reached but gives no answer, or the process that it stands beside is stopped.
    FROZEN = "frozen"
    #: None has announced itself.
    NO_AGENT = "no-agent"
    #: The stored value cannot be read, and nothing else can be said.
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Overview:
    """One Module: what is stored of it, and what its agent said when it was asked, None where it was not.

    ``workers`` is how many processes it has, None where that is not known.
    """

    level: ModuleLevel
    measured: Measured | None = None
    workers: int | None = None

    @property
    def name(self) -> str:
        """The Module's."""
        return self.level.module.name

    @property
    def status(self) -> str:
        """One of the words of ``Status``."""
        if self.level.module.invalid:
            return Status.INVALID
        if self.level.applied is None:
            return Status.NO_AGENT
        measured = self.measured
        if measured is None:
            return Status.LIVE
        if measured.unanswered:
            return Status.FROZEN if measured.frozen else Status.SILENT
        return Status.FROZEN if measured.facts.state in _STOPPED else Status.LIVE

    @property
    def why(self) -> str:
        """Why it is not live, or what of it is not known; "" for nothing to say."""
        if self.level.module.invalid:
            return self.level.module.invalid
        if self.level.applied is None:
            return "no agent has announced itself"
        measured = self.measured
        if measured is None:
            return ""
        if self.status == Status.FROZEN and not measured.unanswered:
            return f"its process is {measured.facts.state}"
        return measured.unanswered or measured.why

    def as_json(self, now: int) -> dict[str, Any]:
        """The row of the fleet at wall time ``now``: what is not known is None, and never 0."""
        status, measured = self.level.module.status, self.measured
        facts = None if measured is None else measured.facts
        lag = None if facts is None else facts.longest_loop_lag
        shown: dict[str, Any] = {
            "name": self.name,
            "node": status.node,
            "service": status.service or status.module,
            "category": status.category,
            "labels": dict(self.level.module.meta.labels),
            "status": self.status,
            "reachable": None if measured is None else not measured.unanswered,
            "why": self.why,
            **self._levels(now),
            "started": _time(status.last_start),
            "restarts": status.restart_count,
            "workers": self.workers,
            "errors": None if measured is None else measured.errors,
            "cpu": None if facts is None else facts.cpu,
            "rss": None if facts is None else facts.memory,
            # Milliseconds become seconds.
            "loop-lag": None if lag is None else round(lag / 1000, 6),
            "asked": None if measured is None else _time(measured.asked),
        }
        if measured is not None and measured.at_least:
            shown["errors-at-least"] = True
        if measured is not None and measured.remarks:
            shown["remarks"] = list(measured.remarks)
        return shown

    def _levels(self, now: int) -> dict[str, Any]:
        if self.level.module.invalid:
            return {"wanted": None, "applied": None, "in-force": False}
        state, applied = self.level.wanted(now), self.level.applied
        wanted = {"by": "", "reason": "", **state.as_json(), "until": _time(state.until)}
        level = None if applied is None else applied.level or None
        return {"wanted": wanted, "applied": level, "in-force": self.level.holds(now)}


def measured_of(row: Mapping[str, Any]) -> Measured | None:
    """What was measured by a row of ``Overview.as_json``; None where its agent was not asked. Raises DecodeError."""
    reachable, why = row.get("reachable"), str(row.get("why") or "")
    if reachable is None:
        return None
    errors, remarks = row.get("errors"), row.get("remarks") or []
    if not (errors is None or type(errors) is int) or not isinstance(remarks, list):
        raise DecodeError("a row of the fleet", "errors and remarks: must be a number and a list")
    return Measured(
        parse_rfc3339(str(row.get("asked") or "")),
        errors,
        bool(row.get("errors-at-least")),
        tuple(map(str, remarks)),
        why=why if reachable else "",
        unanswered="" if reachable else why or "no answer",
        frozen=row.get("status") == Status.FROZEN and not reachable,
        workers=workers if type(workers := row.get("workers")) is int else None,
    )


def _time(nanoseconds: int) -> str | None:
    return format_rfc3339(nanoseconds) or None
