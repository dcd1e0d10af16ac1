"""REST on Module objects: list, get, create, update, patch, delete, label, level."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import orjson
from aiohttp import web

from ....errors import DecodeError, InvalidArgument, ValidationFailed
from ....modules.controls.codec import control_from_dict
from ....modules.controls.control import Control
from ....modules.module_level import beside_to_dict
from ....modules.names import API_PATH
from ....modules.selectors.list_options import flag, integer, parse_options
from ....modules.vanished import DELETION_NOTE
from ....timestamps import parse_duration
from ...cooperative_yield import in_slices
from ...objects import edits as objects
from ...objects.body import (
    check,
    check_apart,
    fold,
    named_level_lines,
    read_module,
    read_object,
    text_of,
    without_ignored,
)
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...routing.router import Router
from ...watching.cached_module import CachedModule
from ..entity_tags import module_tag, not_modified, precondition_of, tagged
from ..http import guarded, json_response, read_body, send_whole
from ..limits import CATCH_UP

#: How long a level lasts when the caller does not say: a forgotten one ends by itself.
DEFAULT_FOR = "10m"


class ModuleViews:
    """Reading and writing Module objects over REST, through ``api``; ``router`` finds out who answers for them."""

    def __init__(self, api: ModuleApi, router: Router) -> None:
        self._api = api
        self._router = router

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        modules, one = f"{API_PATH}/modules", f"{API_PATH}/modules/{{name}}"
        return [
            web.get(modules, guarded(self.list, Action.READ), allow_head=False),
            web.post(modules, guarded(self.create, Action.WRITE)),
            web.get(f"{modules}/", guarded(self.get, Action.READ), allow_head=False),
            web.get(one, guarded(self.get, Action.READ), allow_head=False),
            web.put(one, guarded(self.put, Action.WRITE)),
            web.patch(one, guarded(self.patch, Action.WRITE)),
            web.delete(one, guarded(self.delete, Action.WRITE)),
            web.post(f"{one}/label", guarded(self.label, Action.WRITE)),
            web.get(f"{one}/level", guarded(self.level, Action.READ), allow_head=False),
            web.put(f"{one}/level", guarded(self.set_level, Action.WRITE)),
        ]

    async def list(self, request: web.Request) -> web.StreamResponse:
        """GET modules."""
        options = parse_options(request.query.items())
        consistent = await self._freshness(request)
        listing = await self._api.list(options, consistent=consistent)
        meta = b'{"total-count":%d}' % listing.total if listing.total else b"{}"
        # Each item is JSON already, made once for all readers: what is put together here are references to it.
        checksum = 0
        parts = [b'{"kind":"ModuleList","api-version":"v1","list-meta":', meta, b',"items":']
        if listing.items is None:
            parts.append(b"null")
        else:
            opening = b"["
            async for part in in_slices(listing.items):
                for entry in part:
                    written = self._api.json_parts(entry)
                    for piece in written:
                        checksum = zlib.crc32(piece, checksum)
                    parts += [opening, *written]
                    opening = b","
            parts.append(b"]" if listing.items else b"[]")
        parts.append(b"}")
        headers, tag = self._age(consistent=consistent), f"{sum(map(len, parts)):x}-{checksum:08x}"
        return not_modified(request, tag, headers) or await send_whole(request, parts, tagged(headers, tag))

    async def get(self, request: web.Request) -> web.Response:
        """GET modules/NAME."""
        consistent = await self._freshness(request)
        name = request.match_info.get("name", "")
        entry, shown = await self._shown(name, consistent=consistent)
        headers, tag = self._age(consistent=consistent), module_tag(entry, shown)
        return not_modified(request, tag, headers) or json_response(shown, tagged(headers, tag))

    async def _shown(self, name: str, *, consistent: bool) -> tuple[CachedModule, bytes]:
        """The Module, and the JSON of it with what lies beside it."""
        if not consistent:
            entry = await self._api.get(name)
            return entry, b"".join(self._api.json_parts(entry))
        level = await self._api.level(name, consistent=True)
        entry = CachedModule(level.module)
        beside = beside_to_dict(level.controls, level.applied)
        return entry, entry.json[:-1] + (b"," + orjson.dumps(beside)[1:] if beside else b"}")

    async def create(self, request: web.Request) -> web.Response:
        """POST modules: what the caller leaves out is filled in."""
        body = fold(read_object(await read_body(request)))
        meta = body.get("meta")
        check_apart(body)
        check(body, text_of(meta, "name") if isinstance(meta, dict) else "")
        return self._stored(await self._api.create(objects.with_defaults(read_module(body))))

    async def put(self, request: web.Request) -> web.Response:
        """PUT modules/NAME: the status of the body is not even looked at."""
        name = request.match_info["name"]
        body = without_ignored(fold(read_object(await read_body(request))))
        # The status is for agents to write; a wrong one in a body that was read before must not refuse it.
        body.pop("status", None)
        check_apart(body)
        check(body, name)
        condition = precondition_of(request)
        return self._stored(await self._api.put(name, read_module(body), condition=condition))

    async def patch(self, request: web.Request) -> web.Response:
        """PATCH modules/NAME: a JSON merge patch."""
        patch = objects.fold_patch(read_object(await read_body(request)))
        meta = patch.get("meta")
        # The version is a condition, not a change.
        version = text_of(meta, "resource-version") if isinstance(meta, dict) else ""
        condition = precondition_of(request)
        return self._stored(await self._api.patch(request.match_info["name"], patch, version, condition=condition))

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE modules/NAME: the last state, and a warning that it may come back."""
        version = parse_options(request.query.items()).resource_version
        last = await self._api.delete(request.match_info["name"], version, condition=precondition_of(request))
        headers = {"Corvo-Revision": last.module.meta.resource_version, "Warning": f'299 - "{DELETION_NOTE}"'}
        return json_response(last.json, headers)

    async def label(self, request: web.Request) -> web.Response:
        """POST modules/NAME/label: the body is an api.Label, whose labels lie at its top."""
        body = {key.lower(): value for key, value in read_object(await read_body(request)).items()}
        given = read_module({"meta": {"labels": body.get("labels")}})
        version = text_of(body, "resource-version")
        name, labels, condition = request.match_info["name"], given.meta.labels, precondition_of(request)
        return self._stored(await self._api.label(name, labels, version, condition=condition))

    async def level(self, request: web.Request) -> web.Response:
        """GET modules/NAME/level: what is wanted and what is applied."""
        consistent = await self._freshness(request)
        level = await self._api.level(request.match_info["name"], consistent=consistent)
        now = self._api.clock.time_ns()
        module = level.module
        wanted: dict[str, Any] = {"invalid": module.invalid} if module.invalid else level.wanted(now).as_json()
        shown = {
            "name": module.name,
            "wanted": wanted,
            "in-force": not module.invalid and level.holds(now),
            **beside_to_dict(level.controls, level.applied),
        }
        if level.applied is None:
            shown["peer"] = (await self._router.peer_kind(module.name)).value
        return json_response(orjson.dumps(shown), self._age(consistent=consistent))

    async def set_level(self, request: web.Request) -> web.Response:
        """PUT modules/NAME/level: for a time, for good, or (level null) back to what it was."""
        body = {key.lower(): value for key, value in read_object(await read_body(request)).items()}
        # Ours alone, so it can be strict: a misspelt "for" would set a level for the default time, unnoticed.
        unknown = sorted(set(body) - {"level", "for", "keep", "logger", "scope", "reason", "by", "id"})
        if unknown:
            known = "level, for, keep, logger, scope, reason, by and id"
            raise DecodeError("request body", f"{unknown[0]}: there are {known}")
        level, keep, logger = text_of(body, "level"), body.get("keep", False), text_of(body, "logger")
        if not isinstance(keep, bool):
            raise DecodeError("request body", "keep: must be true or false")
        lines = [*named_level_lines("Level", level)] if body.get("level") is not None else []
        if lines:
            raise ValidationFailed("Module", lines)
        # Two that exclude each other: what was meant, the one or the other, is not known.
        if keep and body.get("for") is not None:
            raise DecodeError("request body", "for: what is kept has no end")
        if not level and (lost := [key for key in ("for", "keep", "scope") if body.get(key)]):
            raise DecodeError("request body", f"{lost[0]}: there is no level that it could be about")
        name, condition = request.match_info["name"], precondition_of(request)
        if not level:
            return self._stored(await self._api.clear_control(name, logger, text_of(body, "id"), condition=condition))
        if keep and not logger:
            check({"spec": {"log-level": level}}, name)
            return self._stored(await self._api.set_level(name, level, condition=condition))
        control = await self._control(body, level, keep=keep)
        return self._stored(await self._api.set_control(name, control, condition=condition))

    async def _control(self, body: dict[str, Any], level: str, *, keep: bool) -> Control:
        try:
            until = 0
            if not keep:
                given = text_of(body, "for") or DEFAULT_FOR
                if not (lasts := parse_duration(given, "for")):
                    # It would take the place of the one that holds, and be over.
                    raise InvalidArgument("for", given, "must be longer than nothing")
                until = await self._api.now() + lasts
            parts = {key: text_of(body, key) for key in ("logger", "scope", "by", "reason")}
            return replace(control_from_dict({"level": level, **parts}), until=until, id=text_of(body, "id"))
        except InvalidArgument as error:
            raise ValidationFailed("Module", [str(error)]) from None

    async def _freshness(self, request: web.Request) -> bool:
        """Whether to read through; waits first when the caller names a revision that it has seen elsewhere."""
        wanted = integer("min-revision", request.query.get("min-revision", ""))
        if wanted > 0:
            await self._api.cache.wait_for(wanted, CATCH_UP)
        return flag("consistent", request.query.get("consistent", ""))

    def _age(self, *, consistent: bool) -> dict[str, str]:
        if consistent:
            return {"Corvo-Staleness": "0"}
        cache = self._api.cache
        return {"Corvo-Staleness": f"{cache.staleness():.3f}", "Corvo-Revision": str(cache.revision)}

    def _stored(self, entry: CachedModule) -> web.Response:
        shown = b"".join(self._api.json_parts(entry))
        headers = {"Corvo-Revision": entry.module.meta.resource_version}
        return json_response(shown, tagged(headers, module_tag(entry, shown)))
