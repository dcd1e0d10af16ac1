"""REST on what has happened: the last changes of a Module, which outlive this gateway."""

from __future__ import annotations

import orjson
from aiohttp import web

from ....modules.history.entry import entry_to_dict
from ....modules.names import API_PATH
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ..http import guarded, json_response


class HistoryViews:
    """The histories of Modules, from the store behind ``api``."""

    def __init__(self, api: ModuleApi) -> None:
        self._api = api

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        history = guarded(self.history, Action.READ)
        return [web.get(f"{API_PATH}/modules/{{name}}/history", history, allow_head=False)]

    async def history(self, request: web.Request) -> web.Response:
        """GET modules/NAME/history: at most 50, newest first, and a while also of a Module that is deleted."""
        found = await self._api.history(request.match_info["name"])
        return json_response(orjson.dumps({"items": [entry_to_dict(entry) for entry in found]}))
