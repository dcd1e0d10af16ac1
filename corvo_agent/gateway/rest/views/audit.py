"""What callers have done at this gateway, over REST."""

from __future__ import annotations

import orjson
from aiohttp import web

from ....access.caller import current_caller
from ....clock import Clock
from ....modules.names import API_PATH
from ....timestamps import parse_moment
from ...objects.audit_lines import AuditLines, LineFilter
from ...objects.errors import Action
from ..http import guarded, json_response


class AuditViews:
    """The last lines of the audit, from ``lines``, by ``clock``."""

    def __init__(self, lines: AuditLines, clock: Clock) -> None:
        self._lines = lines
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        return [web.get(f"{API_PATH}/audit", guarded(self.audit, Action.READ), allow_head=False)]

    async def audit(self, request: web.Request) -> web.Response:
        """GET audit: at most 1,000, the newest first."""
        asked = request.query
        since = parse_moment(asked["since"], self._clock.time_ns(), "since") if asked.get("since") else 0
        wanted = LineFilter(since, asked.get("module", ""), asked.get("who", ""))
        found = self._lines.entries(0, wanted, current_caller())
        return json_response(orjson.dumps({"gateway": self._lines.gateway, "items": found[::-1]}))
