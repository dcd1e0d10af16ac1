"""REST Debug: one Module, or many at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from aiohttp import web

from ....access.caller import current_caller
from ....access.rules import role_of_query
from ....diagnostics.query import DebugQuery
from ....errors import DecodeError
from ....modules.names import API_PATH
from ....modules.selectors.list_options import integer, parse_options
from ....timestamps import parse_duration
from ...objects.body import read_object, text_of
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...routing.router import Router
from ..answers import Answers
from ..fan_out import ModuleAnswer, ask_many
from ..http import guarded, read_body, send
from ..limits import FAN_OUT
from ..merged_answers import merged_lines, summary


class DebugViews:
    """Debug queries over REST, sent through ``router`` to the agent of one Module or of many that ``api`` selects.

    ``answers`` are those of one Module that are on their way to their readers.
    """

    def __init__(self, api: ModuleApi, router: Router, answers: Answers) -> None:
        self._api = api
        self._router = router
        self._answers = answers

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        return [
            web.post(f"{API_PATH}/modules/{{name}}/Debug", guarded(self.debug, Action.DEBUG)),
            web.post(f"{API_PATH}/Debug", guarded(self.debug_many, Action.READ)),
        ]

    async def debug(self, request: web.Request) -> web.StreamResponse:
        """POST modules/NAME/Debug."""
        query = await _permitted_query(request)
        await self._api.ready()
        return await self._answers.send(request, self._router.debug(query))

    async def debug_many(self, request: web.Request) -> web.StreamResponse:
        """POST Debug: each Module's answer on a line of its own, as it comes; then a summary."""
        query = await _permitted_query(request)
        listing = await self._api.list(parse_options(request.query.items()))
        names = [entry.module.name for entry in listing.items or ()]
        width = integer("concurrency", request.query.get("concurrency", "")) or FAN_OUT
        order = request.query.get("merge", "")
        if order not in ("", "time"):
            raise DecodeError("merge", f'merge: "{order[:80]}": there is only time')
        reader = self._answers.reader_of(request)
        # Merged by time the records have to be held until the last Module has answered; else each goes out at once.
        answers = ask_many(self._router, query, names, min(max(width, 1), FAN_OUT), reader, kept=bool(order))
        descending = query.parameters.get("order", "").strip().lower() == "desc"
        lines = merged_lines(answers, descending=descending) if order else self._apart(answers)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        async with aclosing(answers), aclosing(lines):
            async for part in lines:
                with reader.offering():
                    if not await send(request, response, part, taken=reader.taken):
                        break
        return response

    async def _apart(self, answers: AsyncGenerator[list[ModuleAnswer]]) -> AsyncGenerator[bytes]:
        counted = [0, 0]
        async for found in answers:
            small: list[bytes] = []
            for answer in found:
                # Large ones one by one: together they would be in memory several times.
                line = await self._answers.make(answer.line) if answer.is_large else answer.line()
                counted[line.ok] += 1
                if answer.is_large:
                    yield line.text
                else:
                    small.append(line.text)
            yield b"".join(small)
        yield summary(counted)


async def _permitted_query(request: web.Request) -> DebugQuery:
    """The query in the body, if the caller may ask it; raises DecodeError and NotAuthorized."""
    query = await read_query(request)
    current_caller().require(role_of_query(query.query, query.parameters))
    return query


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
