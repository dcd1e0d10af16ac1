"""REST on Module objects: list, get, create, update, patch, delete, label, level."""

from __future__ import annotations

import zlib
from typing import Any

from aiohttp import web

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import DecodeError, InvalidArgument, ValidationFailed
from ...modules.model import LevelOverride
from ...modules.names import API_PATH
from ...modules.selectors.list_options import flag, integer, parse_options
from ...modules.vanished import DELETION_NOTE
from ...timestamps import parse_duration
from ..cooperative_yield import in_slices
from ..objects import edits as objects
from ..objects.body import check, fold, named_level_lines, read_module, read_object, text_of, without_ignored
from ..objects.errors import Action
from ..objects.module_api import ModuleApi
from ..watching.cached_module import CachedModule
from .entity_tags import module_tag, not_modified, precondition_of, tagged
from .http import guarded, json_response, read_body, send_whole

#: How long a level lasts when the caller does not say: a forgotten one ends by itself.
DEFAULT_FOR = "10m"
# Seconds that a read waits for the revision that it asks for.
_CATCH_UP = 5.0


class ModuleViews:
    """Reading and writing Module objects over REST, through ``api``; ``clock`` says when an override begins."""

    def __init__(self, api: ModuleApi, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._api = api
        self._clock = clock

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
            web.put(f"{one}/level", guarded(self.level, Action.WRITE)),
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
                    written = entry.json
                    checksum = zlib.crc32(written, checksum)
                    parts += [opening, written]
                    opening = b","
            parts.append(b"]" if listing.items else b"[]")
        parts.append(b"}")
        headers, tag = self._age(consistent=consistent), f"{sum(map(len, parts)):x}-{checksum:08x}"
        return not_modified(request, tag, headers) or await send_whole(request, parts, tagged(headers, tag))

    async def get(self, request: web.Request) -> web.Response:
        """GET modules/NAME."""
        consistent = await self._freshness(request)
        entry = await self._api.get(request.match_info.get("name", ""), consistent=consistent)
        headers, tag = self._age(consistent=consistent), module_tag(entry)
        return not_modified(request, tag, headers) or json_response(entry.json, tagged(headers, tag))

    async def create(self, request: web.Request) -> web.Response:
        """POST modules: what the caller leaves out is filled in."""
        body = fold(read_object(await read_body(request)))
        meta = body.get("meta")
        check(body, text_of(meta, "name") if isinstance(meta, dict) else "")
        return self._stored(await self._api.create(objects.with_defaults(read_module(body))))

    async def put(self, request: web.Request) -> web.Response:
        """PUT modules/NAME: the status of the body is not even looked at."""
        name = request.match_info["name"]
        body = without_ignored(fold(read_object(await read_body(request))))
        # The status is for agents to write; a wrong one in a body that was read before must not refuse it.
        body.pop("status", None)
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
        """PUT modules/NAME/level: for a time, for good, or (level null) back to what it was."""
        body = {key.lower(): value for key, value in read_object(await read_body(request)).items()}
        # Ours alone, so it can be strict: a misspelt "for" would set a level for the default time, unnoticed.
        unknown = sorted(set(body) - {"level", "for", "keep", "reason", "by"})
        if unknown:
            raise DecodeError("request body", f"{unknown[0]}: there are level, for, keep, reason and by")
        level, keep = text_of(body, "level"), body.get("keep", False)
        if not isinstance(keep, bool):
            raise DecodeError("request body", "keep: must be true or false")
        lines = [*named_level_lines("Level", level)] if body.get("level") is not None else []
        if lines:
            raise ValidationFailed("Module", lines)
        name, condition = request.match_info["name"], precondition_of(request)
        if keep and level:
            check({"spec": {"log-level": level}}, name)
            return self._stored(await self._api.set_level(name, None, level, condition=condition))
        override = self._override(body, level)
        return self._stored(await self._api.set_level(name, override, condition=condition))

    def _override(self, body: dict[str, Any], level: str) -> LevelOverride | None:
        if not level:
            return None
        try:
            lasts = parse_duration(text_of(body, "for") or DEFAULT_FOR, "for")
        except InvalidArgument as error:
            raise ValidationFailed("Module", [str(error)]) from None
        until = self._clock.time_ns() + lasts
        return LevelOverride(level, until, by=text_of(body, "by"), reason=text_of(body, "reason"))

    async def _freshness(self, request: web.Request) -> bool:
        """Whether to read through; waits first when the caller names a revision that it has seen elsewhere."""
        wanted = integer("min-revision", request.query.get("min-revision", ""))
        if wanted > 0:
            await self._api.cache.wait_for(wanted, _CATCH_UP)
        return flag("consistent", request.query.get("consistent", ""))

    def _age(self, *, consistent: bool) -> dict[str, str]:
        if consistent:
            return {"Corvo-Staleness": "0"}
        cache = self._api.cache
        return {"Corvo-Staleness": f"{cache.staleness():.3f}", "Corvo-Revision": str(cache.revision)}

    def _stored(self, entry: CachedModule) -> web.Response:
        headers = {"Corvo-Revision": entry.module.meta.resource_version}
        return json_response(entry.json, tagged(headers, module_tag(entry)))
