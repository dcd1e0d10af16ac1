"""Profiles over REST: begun with 202, and kept by this gateway until they are fetched."""

from __future__ import annotations

from aiohttp import web

from ....errors import DecodeError
from ....modules.names import API_PATH
from ...objects.body import read_object, text_of
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...operations.operation import Operation
from ...operations.profiles import Profiles
from ..http import guarded, read_body
from .operations import OperationViews


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
