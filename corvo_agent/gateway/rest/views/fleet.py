"""Who asks, and what the fleet looks like to that caller."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from ....access.caller import ANYONE, Caller, current_caller
from ....access.rules import COMMANDS, QUERIES, ROUTES
from ....modules.names import API_PATH
from ....modules.selectors.list_options import ListOptions, flag, parse_options
from ...cooperative_yield import in_slices
from ...identity import GatewayIdentity
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...statuses.board import StatusBoard
from ..http import guarded, json_response, send_whole
from ..limits import MEASURING


class FleetViews:
    """``whoami`` of the gateway ``identity``, and ``statuses`` of the Modules of ``api`` by way of ``board``."""

    def __init__(self, api: ModuleApi, board: StatusBoard, identity: GatewayIdentity) -> None:
        self._api = api
        self._board = board
        self._identity = identity

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        return [
            web.get(f"{API_PATH}/whoami", guarded(self.whoami, Action.READ), allow_head=False),
            web.get(f"{API_PATH}/statuses", guarded(self.statuses, Action.READ), allow_head=False),
        ]

    async def whoami(self, request: web.Request) -> web.Response:
        """GET whoami: who the caller is, what it may do, and which gateway this is."""
        modules = (await self._api.list(ListOptions())).total
        gateway = {**self._identity.as_json(), "modules": modules}
        return json_response(orjson.dumps({**_rights(current_caller()), "gateway": gateway}))

    async def statuses(self, request: web.Request) -> web.StreamResponse:
        """GET statuses: a row for each Module that is selected; with ``measure`` their agents are asked first."""
        measured = flag("measure", request.query.get("measure", ""))
        listing = await self._api.list(parse_options(request.query.items()))
        wanted = set(request.query.getall("name", ()))
        names = [entry.module.name for entry in listing.items or () if not wanted or entry.module.name in wanted]
        if measured:
            await self._board.measurer.refresh([name for name in names if self._board.measurable(name)], MEASURING)
        parts: list[bytes] = []
        async for some in in_slices(names):
            rows = [self._board.row(name, measured=measured) for name in some]
            # One that was deleted meanwhile has none.
            parts += [part for row in rows if row is not None for part in (b",", row.json)]
        head = b'{"resource-version":"%d","items":[' % self._api.cache.revision
        headers = {"Corvo-Staleness": f"{self._api.cache.staleness():.3f}"}
        return await send_whole(request, [head, *parts[1:], b"]}"], headers)


def _rights(caller: Caller) -> dict[str, Any]:
    """What ``caller`` may do, by the tables that requests are held against."""
    queries = {" ".join(filter(None, key)): caller.role >= role for key, role in QUERIES.items()}
    routes = {
        f"{method} {path.removeprefix(API_PATH)}": role is None or caller.role >= role
        for (method, path), role in ROUTES.items()
    }
    return {
        "name": "" if caller == ANYONE else caller.name,
        "role": caller.role.text,
        "selector": caller.selector,
        "queries": queries,
        "may": {name.replace(" ", "-"): caller.role >= role for name, role in COMMANDS.items()},
        "routes": routes,
    }
