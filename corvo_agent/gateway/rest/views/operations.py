"""What takes a while, over REST: begun with 202 and looked at, fetched or ended under an address of its own."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from aiohttp import web

from ....access.caller import current_caller
from ....errors import NotAuthorized, PreconditionFailed
from ....modules.names import API_PATH
from ...objects.errors import Action, not_here
from ...operations.operation import Operation, State
from ...operations.shelf import Shelf
from ..http import Handler, failure_response, guarded, json_response, send

_PIECE = 64 << 10


class OperationViews:
    """The operations of ``shelf`` under ``path``; only the gateway with the id ``gateway`` has them, and says so."""

    def __init__(self, path: str, shelf: Shelf, gateway: str) -> None:
        self._path = f"{API_PATH}/{path}"
        self._shelf = shelf
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        """Where they are served; how one begins is for the subclass."""
        one = f"{self._path}/{{id}}"
        return [
            web.get(self._path, self._guarded(self.list), allow_head=False),
            web.get(one, self._guarded(self.get), allow_head=False),
            web.get(f"{one}/data", self._guarded(self.data), allow_head=False),
            web.delete(one, self._guarded(self.drop)),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        return guarded(handler, Action.READ)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """GET: those that the caller may see, the newest first."""
        shown = [self._json(each) for each in self._shelf.items() if _may_see(each)]
        return json_response(orjson.dumps({"gateway": self._gateway, "items": shown}))

    async def get(self, request: web.Request) -> web.StreamResponse:
        """GET ID: how far it is."""
        operation = self._find(request)
        return self._missing(request) if operation is None else json_response(orjson.dumps(self._json(operation)))

    async def data(self, request: web.Request) -> web.StreamResponse:
        """GET ID/data: its result, when it is done."""
        operation = self._find(request)
        if operation is None:
            return self._missing(request)
        if operation.state is not State.DONE:
            why = f": {operation.error}" if operation.error else ""
            raise PreconditionFailed(
                f"{self._shelf.what} {operation.id} has no data, it is {operation.state.value}{why}"
            )
        name = self.file_name(operation).replace('"', "")
        response = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="{name}"'})
        response.content_type = "application/octet-stream"
        response.content_length = len(operation.data)
        await response.prepare(request)
        view = memoryview(operation.data)
        for start in range(0, len(view), _PIECE):
            if not await send(request, response, view[start : start + _PIECE], None):
                break
        return response

    async def drop(self, request: web.Request) -> web.StreamResponse:
        """DELETE ID: end it while it runs, forget it else; what it is then."""
        operation = self._find(request)
        if operation is None:
            return self._missing(request)
        await self._shelf.drop(operation)
        return json_response(orjson.dumps(self._json(operation)))

    def file_name(self, operation: Operation) -> str:
        """What its result is called when it is saved."""
        return operation.id

    def _begun(self, operation: Operation) -> web.Response:
        headers = {"Location": f"{self._path}/{operation.id}"}
        return json_response(orjson.dumps(self._json(operation)), headers, status=202)

    def _find(self, request: web.Request) -> Operation | None:
        operation = self._shelf.find(request.match_info["id"])
        if operation is not None:
            operation.permit(current_caller())
        return operation

    def _missing(self, request: web.Request) -> web.Response:
        return failure_response(not_here(self._shelf.what, request.match_info["id"], self._gateway))

    def _json(self, operation: Operation) -> Mapping[str, object]:
        return operation.as_json(self._shelf.clock.monotonic())


def _may_see(operation: Operation) -> bool:
    try:
        operation.permit(current_caller())
    except NotAuthorized:
        return False
    return True
