"""The errors of a Module's log over HTTP, counted by their kinds."""

from __future__ import annotations

import asyncio

import orjson
from aiohttp import web

from ....diagnostics.messages.payloads import LOGS, check_type, decode_logs
from ....diagnostics.query import DebugQuery, Payload
from ....logs.errors.groups import error_parameters, group_errors
from ....modules.names import API_PATH
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...routing.router import Router
from ..http import guarded, json_response

#: How far back errors are counted unless the request says.
SINCE = "10m"


class ErrorViews:
    """Errors of one Module, whose log is asked through ``router``."""

    def __init__(self, api: ModuleApi, router: Router) -> None:
        self._api = api
        self._router = router

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        path = f"{API_PATH}/modules/{{name}}/errors"
        return [web.get(path, guarded(self.errors, Action.DEBUG), allow_head=False)]

    async def errors(self, request: web.Request) -> web.Response:
        """GET modules/NAME/errors: a query Log, and its answer counted."""
        await self._api.ready()
        name, since = request.match_info["name"], request.query.get("since") or SINCE
        payload = await self._router.debug(DebugQuery("Log", error_parameters(since), name))
        # Thousands of lines, traces and all, are a quarter of a second of work.
        return json_response(await asyncio.to_thread(_body, name, since, payload))


def _body(name: str, since: str, payload: Payload) -> bytes:
    found = group_errors(decode_logs(check_type(payload, LOGS)))
    return orjson.dumps({"module": name, "since": since, **found.as_json()})
