"""REST Debug: one Module, or many at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import orjson
from aiohttp import web

from ..diagnostics.query import DebugQuery
from ..errors import DecodeError, ResourceExhausted
from ..timestamps import parse_duration
from .body import read_object
from .errors import Action
from .fan_out import Answer, ask_many, line_of
from .http import PREFIX, guarded, json_response, read_body, text_of
from .module_api import ModuleApi
from .options import integer, parse_options
from .router import Router
from .transcode import payload_json_aside

#: Modules that one request asks at the same time, unless it wants fewer.
FAN_OUT = 64
#: Records that one request merges by time.
MAX_MERGED = 200_000


class DebugViews:
    """Handlers that send queries through ``router``, to Modules that ``api`` knows."""

    def __init__(self, api: ModuleApi, router: Router) -> None:
        self._api = api
        self._router = router

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        return [
            web.post(f"{PREFIX}/modules/{{name}}/Debug", guarded(self.debug, Action.DEBUG)),
            web.post(f"{PREFIX}/Debug", guarded(self.debug_many, Action.READ)),
        ]

    async def debug(self, request: web.Request) -> web.Response:
        """POST modules/NAME/Debug."""
        query = await read_query(request)
        await self._api.ready()
        return json_response(await payload_json_aside(await self._router.debug(query)))

    async def debug_many(self, request: web.Request) -> web.StreamResponse:
        """POST Debug: each Module's answer on a line of its own, as it comes; then a summary."""
        query = await read_query(request)
        listing = await self._api.list(parse_options(request.query.items()))
        names = [entry.module.name for entry in listing.items or ()]
        width = integer("concurrency", request.query.get("concurrency", "")) or FAN_OUT
        merge = request.query.get("merge", "")
        if merge not in ("", "time"):
            raise DecodeError("merge", f'merge: "{merge[:80]}": there is only time')
        answers = ask_many(self._router, query, names, min(max(width, 1), FAN_OUT))
        lines = _merged(answers) if merge else _apart(answers)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        async with aclosing(answers), aclosing(lines):
            async for line in lines:
                await response.write(line)
        return response


async def read_query(request: web.Request) -> DebugQuery:
    """The query in the body of a Debug request; the Module is that of the path. Raises DecodeError."""
    body = {key.lower(): value for key, value in read_object(await read_body(request)).items()}
    body = {key: value for key, value in body.items() if value is not None}
    query, parameters, port = text_of(body, "query"), body.get("parameters", {}), body.get("service-port", {})
    if not isinstance(parameters, dict) or not all(isinstance(value, str) for value in parameters.values()):
        raise DecodeError("request body", "parameters: must be an object whose values are strings")
    if not isinstance(port, dict) or not isinstance(port.get("name") or "", str):
        raise DecodeError("request body", "service-port: must be an object with a name")
    name = request.match_info.get("name", "")
    return DebugQuery(query, parameters, name, port.get("name") or "", _timeout(request))


def _timeout(request: web.Request) -> float | None:
    text = request.query.get("timeout", "")
    return parse_duration(text, "timeout") / 1e9 if text else None


async def _apart(answers: AsyncGenerator[Answer]) -> AsyncGenerator[bytes]:
    counted = [0, 0]
    async for answer in answers:
        line = await line_of(answer)
        counted[line["ok"]] += 1
        yield orjson.dumps(line) + b"\n"
    yield _summary(counted)


async def _merged(answers: AsyncGenerator[Answer]) -> AsyncGenerator[bytes]:
    """Failures as they come, then the records of all Modules in the order of their times."""
    counted = [0, 0]
    records: list[tuple[str, str, dict[str, str]]] = []
    async for answer in answers:
        line = await line_of(answer)
        counted[line["ok"]] += 1
        logs = (line.get("diagnostics") or {}).get("logs") or []
        if len(records) + len(logs) > MAX_MERGED:
            too_many = ResourceExhausted("log records merged by one request", MAX_MERGED)
            line, logs = Answer(answer.module, answer.seconds, error=too_many).json(), []
        if not line["ok"]:
            yield orjson.dumps(line) + b"\n"
        records += [(log.get("ts") or log.get("@timestamp", ""), answer.module, log) for log in map(_log, logs)]
    records.sort(key=lambda record: record[:2])
    for _, module, log in records:
        yield orjson.dumps({"module": module, "log": log}) + b"\n"
    yield _summary(counted)


def _log(entry: dict[str, dict[str, str]]) -> dict[str, str]:
    return entry.get("log", {})


def _summary(counted: list[int]) -> bytes:
    failed, answered = counted
    return orjson.dumps({"summary": {"modules": failed + answered, "ok": answered, "failed": failed}}) + b"\n"
