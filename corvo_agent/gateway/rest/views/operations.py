"""What takes a while, over REST: begun with 202 and looked at, fetched or ended under an address of its own.

Profiles of Modules, and support bundles.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from ....access.caller import current_caller
from ....bundle.parts import Asked
from ....errors import DecodeError, NotAuthorized, NotFound, PreconditionFailed
from ....modules.model import Module
from ....modules.names import API_PATH
from ....modules.selectors.list_options import ListOptions
from ....timestamps import parse_duration
from ...objects.body import read_object, text_of
from ...objects.errors import Action, not_here
from ...objects.module_api import ModuleApi
from ...operations.bundles import MAX_MODULES, Bundles
from ...operations.operation import Operation, State
from ...operations.profiles import Profiles
from ...operations.shelf import Shelf
from ..http import Handler, failure_response, guarded, json_response, read_body, send
from ..limits import BUNDLE_CPU_SECONDS, BUNDLE_LINES

_PIECE = 64 << 10
# What the body of a bundle may say.
_KNOWN = ("names", "label-selector", "field-selector", "lines", "since", "profiles", "cpu")


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


class ProfileViews(OperationViews):
    """Those of ``profiles``, of Modules that ``api`` knows."""

    def __init__(self, api: ModuleApi, profiles: Profiles) -> None:
        super().__init__("profiles", profiles.shelf, profiles.gateway)
        self._api = api
        self._profiles = profiles

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        take = guarded(self.take, Action.READ)
        return [*super().routes(), web.post(f"{API_PATH}/modules/{{name}}/profiles", take)]

    async def take(self, request: web.Request) -> web.Response:
        """POST modules/NAME/profiles: 202, and where it will be."""
        body = {key.lower(): value for key, value in read_object(await read_body(request)).items()}
        unknown = sorted(body.keys() - {"profile", "parameters"})
        kind, parameters = text_of(body, "profile"), body.get("parameters") or {}
        if unknown or not kind:
            what = f"{unknown[0][:80]}: there are profile and parameters" if unknown else "profile: is missing"
            raise DecodeError("request body", what)
        if not isinstance(parameters, dict) or not all(isinstance(value, str) for value in parameters.values()):
            raise DecodeError("request body", "parameters: must be an object whose values are strings")
        module = (await self._api.get(request.match_info["name"])).module
        return self._begun(self._profiles.take(module, kind, parameters))

    def file_name(self, operation: Operation) -> str:
        """As ``corvo profile`` calls it."""
        kind = "".join(char if char.isalnum() or char in "-_" else "_" for char in str(operation.shown["profile"]))
        return f"{operation.shown['module']}-{kind}.pb.gz"


class BundleViews(OperationViews):
    """Those of ``bundles``, of Modules that ``api`` knows."""

    def __init__(self, api: ModuleApi, bundles: Bundles) -> None:
        super().__init__("bundles", bundles.shelf, bundles.gateway)
        self._api = api
        self._bundles = bundles

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        return [*super().routes(), web.post(f"{API_PATH}/bundles", guarded(self.collect, Action.READ))]

    async def collect(self, request: web.Request) -> web.Response:
        """POST bundles: 202, and where it will be."""
        body = {key.lower(): value for key, value in read_object(await read_body(request)).items()}
        if unknown := sorted(body.keys() - set(_KNOWN)):
            raise DecodeError("request body", f"{unknown[0][:80]}: there are {', '.join(_KNOWN)}")
        asked = _asked(body)
        return self._begun(self._bundles.collect(await self._chosen(body), asked))

    def file_name(self, operation: Operation) -> str:
        """As ``corvo bundle`` calls it, with its id."""
        return f"corvo-bundle-{operation.id}.tar.gz"

    async def _chosen(self, body: dict[str, Any]) -> list[Module]:
        names = _texts(body, "names")
        labels, fields = text_of(body, "label-selector"), text_of(body, "field-selector")
        if bool(names) == bool(labels or fields):
            raise DecodeError("request body", "names, or a selector: one of them says which modules")
        if names:
            return [(await self._api.get(name)).module for name in dict.fromkeys(names[: MAX_MODULES + 1])]
        listing = await self._api.list(ListOptions(label_selector=labels, field_selector=fields))
        found = [entry.module for entry in listing.items or ()]
        if not found:
            raise NotFound("module", labels or fields)
        return found


def _asked(body: dict[str, Any]) -> Asked:
    usual = Asked()
    lines = body.get("lines", usual.lines)
    if type(lines) is not int or not 1 <= lines <= BUNDLE_LINES:
        raise DecodeError("request body", f"lines: must be a number from 1 to {BUNDLE_LINES}")
    cpu = text_of(body, "cpu")
    seconds = parse_duration(cpu, "cpu") / 1e9 if cpu else usual.cpu_seconds
    if seconds > BUNDLE_CPU_SECONDS:
        raise DecodeError("request body", f"cpu: at most {BUNDLE_CPU_SECONDS:g} s")
    profiles = tuple(_texts(body, "profiles")) if "profiles" in body else usual.profiles
    return Asked(lines, text_of(body, "since"), profiles, seconds)


def _texts(body: dict[str, Any], key: str) -> list[str]:
    value = body.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise DecodeError("request body", f"{key}: must be a list of names")
    return value


def _may_see(operation: Operation) -> bool:
    try:
        operation.permit(current_caller())
    except NotAuthorized:
        return False
    return True
