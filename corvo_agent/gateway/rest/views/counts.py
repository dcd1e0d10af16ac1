"""How many lines a Module logs, by severity and time, over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
from aiohttp import web

from ....access.audit import Audit
from ....access.caller import ANYONE, calling
from ....diagnostics.messages.payloads import LOGS, check_type, decode_logs
from ....diagnostics.query import DebugQuery
from ....errors import CorvoError, InvalidArgument, RemoteError, Unsupported
from ....logs.lines.marker import COUNTS, CURSOR, TRUNCATED, is_marker
from ....logs.lines.record import Record
from ....logs.search.counter import MAX_STEPS
from ....modules.names import API_PATH
from ....modules.selectors.list_options import integer
from ....timestamps import format_duration, format_rfc3339, parse_duration, parse_rfc3339
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...routing.router import Router
from ..http import guarded, json_response

#: How far back is counted, and seconds of one step, unless the request says.
SINCE, STEP = "15m", 60
_DAY = 86_400


class CountViews:
    """Counts of the Modules of ``api``. ``router`` asks for the gateway itself, and ``audit`` is told who wanted it.

    How many lines there are is no line: it takes no right to read those.
    """

    def __init__(self, api: ModuleApi, router: Router, audit: Audit) -> None:
        self._api = api
        self._router = router
        self._audit = audit

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        path = f"{API_PATH}/modules/{{name}}/counts"
        return [web.get(path, guarded(self.counts, Action.DEBUG), allow_head=False)]

    async def counts(self, request: web.Request) -> web.Response:
        """GET modules/NAME/counts: ``since`` a duration, ``step`` seconds."""
        name = request.match_info["name"]
        since = parse_duration(request.query.get("since") or SINCE, "since")
        step = integer("step", request.query.get("step", "")) or STEP
        if not 1 <= step <= _DAY or since > MAX_STEPS * step * 10**9:
            reason = f"must be from 1 to {_DAY}, and make at most {MAX_STEPS} steps"
            raise InvalidArgument("step", str(step), reason)
        await self._api.get(name)
        until = self._api.clock.time_ns()
        shown: dict[str, Any] = {"module": name, "step": step, "since": format_rfc3339(until - since)}
        with self._audit.told("counts", name, since=format_duration(since)):
            try:
                records = await self._ask(name, since, step)
            except (RemoteError, Unsupported) as error:
                # It is there, and cannot count: what is not known is not an error of the caller's.
                return json_response(orjson.dumps({**shown, "counts": [], "unknown": str(error)}))
        return json_response(orjson.dumps({**shown, **_told(records, step)}))

    async def _ask(self, name: str, since: int, step: int) -> list[Record]:
        parameters = {"counts": f"{step}s", "since": f"{since / 1e9:g}s", "level": "all"}
        with calling(ANYONE):
            payload = await self._router.debug(DebugQuery("Log", parameters, name))
        try:
            return decode_logs(check_type(payload, LOGS))
        except CorvoError as error:
            raise RemoteError("the agent", "DATA_LOSS", str(error)) from error


def _told(records: Sequence[Record], step: int) -> dict[str, Any]:
    """The counts by their times, and what is not known of them."""
    counted: dict[int, Counter[str]] = {}
    for record in records:
        if is_marker(record) and COUNTS in record:
            counted.setdefault(parse_rfc3339(record["ts"]), Counter()).update(orjson.loads(record[COUNTS]))
    unknown = [record["msg"] for record in records if is_marker(record) and not record.keys() & {COUNTS, TRUNCATED}]
    lines = [record for record in records if not is_marker(record)]
    if lines:
        unknown.append("its agent does not count lines")
    cut = next((record for record in records if TRUNCATED in record), None)
    if cut is not None:
        which = "some lines"
        # Of one log, it counts from the newest line on: of the oldest step that it came to it may not have seen all.
        if CURSOR in cut and counted:
            reached = min(counted)
            del counted[reached]
            which = f"lines before {format_rfc3339(reached + step * 10**9)}"
        unknown.append(f"{which} are not counted: {cut[TRUNCATED]}")
    counts = [{"time": format_rfc3339(time), "levels": dict(counted[time])} for time in sorted(counted)]
    return {"counts": counts, "unknown": "; ".join(unknown)}
