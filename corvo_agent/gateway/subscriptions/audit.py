"""The kind ``audit``: what callers do at this gateway, the last of it first and then as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...access.caller import current_caller
from ..multiplex.kinds import Outlet
from ..objects.audit_lines import AuditLines, LineFilter
from .wanted import check_members, text


class AuditKind:
    """The lines of ``lines``."""

    def __init__(self, lines: AuditLines) -> None:
        self._lines = lines

    def open(self, wanted: Mapping[str, Any]) -> AuditSubscription:
        """``module`` and ``who``, where only those of one are wanted. Raises DecodeError."""
        check_members(wanted, ("module", "who"))
        return AuditSubscription(self._lines, LineFilter(0, text(wanted, "module"), text(wanted, "who")))


class AuditSubscription:
    """Those of ``lines`` that ``wanted`` lets through."""

    def __init__(self, lines: AuditLines, wanted: LineFilter) -> None:
        self._lines = lines
        self._wanted = wanted

    async def run(self, out: Outlet) -> None:
        """``entry`` for each, the oldest first; ``listed`` behind those that were there; ``gap`` for what is missed."""
        told, recent = 0, self._lines.recent
        first = True
        while True:
            missed = recent.count - told - len(recent.after(told))
            if missed and not first:
                await out.say("gap", missed=missed)
            entries = self._lines.entries(told, self._wanted, current_caller())
            told = recent.count
            await out.say_all([out.line("entry", object=entry) for entry in entries])
            if first:
                first = False
                await out.say("listed")
            if recent.count == told:
                await recent.moved()
