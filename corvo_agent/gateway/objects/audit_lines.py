"""What callers have done at this gateway, as it shows them to those that may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...access.caller import Caller
from ...access.recent import Line, RecentLines
from ...errors import NotAuthorized
from ...timestamps import parse_rfc3339
from ..watching.module_cache import ModuleCache

# What an override says of itself, and what it is called here.
_OF_CONTROL = {"level": "level-to", "until": "until", "by": "by", "reason": "reason", "logger": "logger"}


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Of which lines: not before ``since`` (wall time in nanoseconds), of ``module``, by ``who``; "" is any."""

    since: int = 0
    module: str = ""
    who: str = ""

    def lets(self, line: Line) -> bool:
        """Whether ``line`` is one of them."""
        return (
            (not self.module or line.get("module") == self.module)
            and (not self.who or line.get("who") == self.who)
            and (not self.since or parse_rfc3339(str(line["time"])) >= self.since)
        )


class AuditLines:
    """The last lines of ``recent``; ``modules`` says which of them a caller with a selector may see."""

    def __init__(self, recent: RecentLines, modules: ModuleCache, gateway: str) -> None:
        self.recent = recent
        self.gateway = gateway
        self._modules = modules

    def entries(self, count: int, wanted: LineFilter, caller: Caller) -> list[dict[str, Any]]:
        """The lines since there had been ``count``, of those ``wanted`` that ``caller`` may see, the oldest first."""
        lines = [line for line in self.recent.after(count) if wanted.lets(line)]
        return [self._entry(line) for line in lines if self._may_see(line, caller)]

    def _may_see(self, line: Line, caller: Caller) -> bool:
        if not caller.selector:
            return True
        # What is about no Module, or one that is gone, is not known to be its own.
        entry = self._modules.get(str(line.get("module", "")))
        if entry is None:
            return False
        try:
            caller.require_module(entry.module.meta.labels)
        except NotAuthorized:
            return False
        return True

    def _entry(self, line: Line) -> dict[str, Any]:
        """As an entry of a history has it, and what only an audit tells."""
        control = line.get("control") or {}
        shown = {key: value for key, value in line.items() if key not in ("action", "control")}
        more = {name: control[key] for key, name in _OF_CONTROL.items() if control.get(key)}
        return {**shown, "what": line["action"], **more, "gateway": self.gateway}
