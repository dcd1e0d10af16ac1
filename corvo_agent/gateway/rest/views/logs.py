"""The log of a Module over HTTP: the lines that a query finds, and those around one of them."""

from __future__ import annotations

import asyncio
from functools import partial

import orjson
from aiohttp import web

from ....diagnostics.messages.payloads import LOGS, check_type, decode_logs
from ....diagnostics.query import DebugQuery, Payload
from ....errors import DecodeError, InvalidArgument, RemoteError
from ....logs.files.cursor import Cursor
from ....logs.files.places import decode_places
from ....logs.lines.line_time import LineClock
from ....logs.lines.marker import CURSOR, is_marker
from ....logs.lines.record import Record
from ....logs.search.parameters import MAX_CONTEXT
from ....modules.names import API_PATH
from ....modules.selectors.list_options import integer
from ....timestamps import format_rfc3339, parse_rfc3339
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...routing.router import Router
from ..answers import Answers
from ..http import guarded, json_response

#: Lines before and behind, unless the request says.
AROUND = 20


class LogViews:
    """Logs of the Modules of ``api``, asked through ``router``; ``answers`` are those on the way to their readers."""

    def __init__(self, api: ModuleApi, router: Router, answers: Answers) -> None:
        self._api = api
        self._router = router
        self._answers = answers

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        logs = f"{API_PATH}/modules/{{name}}/logs"
        return [
            web.get(logs, guarded(self.logs, Action.DEBUG), allow_head=False),
            web.get(f"{logs}/context", guarded(self.context, Action.DEBUG), allow_head=False),
        ]

    async def logs(self, request: web.Request) -> web.StreamResponse:
        """GET modules/NAME/logs: the query of the URL has the parameters of the query Log."""
        await self._api.ready()
        name = request.match_info["name"]
        asked = self._router.debug(DebugQuery("Log", dict(request.query), name))
        return await self._answers.send(request, asked, partial(_body, name))

    async def context(self, request: web.Request) -> web.Response:
        """GET modules/NAME/logs/context: lines around a ``cursor``, or around a ``time`` and the ``fixed`` text there.

        ``before`` and ``after`` say how many, of whatever level.
        """
        await self._api.ready()
        name, query = request.match_info["name"], request.query
        counts = [_count(request, "before"), _count(request, "after")]
        if cursor := query.get("cursor", ""):
            earlier, later = _at_cursor(cursor, *counts)
        elif time := query.get("time", ""):
            earlier, later = _at_time(parse_rfc3339(time, "time"), *counts)
        else:
            raise DecodeError("cursor", "cursor or time: one of them says which line is meant")
        before, after = await asyncio.gather(self._lines(name, earlier), self._lines(name, later))
        at = len(before) if cursor else _place(before, parse_rfc3339(query["time"]), query.get("fixed", ""))
        return json_response(orjson.dumps({"module": name, "logs": before + after, "at": at}))

    async def _lines(self, name: str, parameters: dict[str, str]) -> list[Record]:
        if parameters["lines"] == "0":
            return []
        payload = await self._router.debug(DebugQuery("Log", {"level": "all", **parameters}, name))
        records = await asyncio.to_thread(_records, payload)
        return [record for record in records if not is_marker(record)]


def _at_cursor(text: str, before: int, after: int) -> tuple[dict[str, str], dict[str, str]]:
    """What to ask for before the place ``text``, and from it on."""
    places = decode_places(text)
    if places.keys() != {""}:
        raise InvalidArgument("cursor", text[:80], "it is about several logs, which have no common place")
    place = places[""]
    earlier, later = (Cursor(place.mark, place.offset, forward=forward).encode() for forward in (False, True))
    return {"cursor": earlier, "lines": str(before)}, {"cursor": later, "lines": str(after)}


def _at_time(time: int, before: int, after: int) -> tuple[dict[str, str], dict[str, str]]:
    """What to ask for up to the lines of ``time``, these included, and behind them."""
    behind = format_rfc3339(time + 1)
    # From the oldest match on, not the newest ones.
    return {"until": behind, "lines": str(before + 1)}, {"since": behind, "from": "0", "lines": str(after)}


def _place(records: list[Record], time: int, text: str) -> int | None:
    """Which of ``records`` is the last one of ``time`` that says ``text``; None for none of them."""
    clock = LineClock()
    for index in range(len(records) - 1, -1, -1):
        record = records[index]
        if clock.read(record) == time and (not text or any(text in value for value in record.values())):
            return index
    return None


def _count(request: web.Request, name: str) -> int:
    count = integer(name, request.query.get(name, str(AROUND)))
    if not 0 <= count <= MAX_CONTEXT:
        raise InvalidArgument(name, str(count), f"must be a number from 0 to {MAX_CONTEXT}")
    return count


def _records(payload: Payload) -> list[Record]:
    try:
        return decode_logs(check_type(payload, LOGS))
    except DecodeError as error:
        # The agent sent it: what the caller asked for was right.
        raise RemoteError("the agent", "DATA_LOSS", str(error)) from error


def _body(name: str, payload: Payload) -> bytes:
    records = _records(payload)
    remarks = [record for record in records if is_marker(record)]
    cursor = next((remark[CURSOR] for remark in remarks if CURSOR in remark), "")
    logs = [record for record in records if not is_marker(record)]
    return orjson.dumps({"module": name, "logs": logs, "remarks": remarks, "cursor": cursor})
