"""The threads and tasks of a Module over HTTP, as ``corvo stacks`` shows them."""

from __future__ import annotations

import asyncio

import orjson
from aiohttp import web

from ....diagnostics.messages.payloads import PROFILE, check_type, decode_profile
from ....diagnostics.query import DebugQuery, Payload
from ....errors import DecodeError, RemoteError, Unsupported
from ....logs.lines.printable import visible
from ....modules.names import API_PATH
from ....modules.selectors.list_options import flag, integer
from ....profiles.pprof.reader import decode
from ....profiles.shown.stack_tree import StackTree, flat_json, stack_tree, tree_lines
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...routing.router import Router
from ..http import guarded, json_response

_GZIP = b"\x1f\x8b"
# Frames of each stack in the text, unless the request says.
_FRAMES = 30


class StackViews:
    """What the processes of Modules do at this moment, asked through ``router``."""

    def __init__(self, api: ModuleApi, router: Router) -> None:
        self._api = api
        self._router = router
        self._making = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        path = f"{API_PATH}/modules/{{name}}/stacks"
        return [web.get(path, guarded(self.stacks, Action.DEBUG), allow_head=False)]

    async def stacks(self, request: web.Request) -> web.Response:
        """GET modules/NAME/stacks: the profile goroutine, sorted; with ``text`` as lines for people."""
        asked = request.query
        everything, text = (flag(key, asked.get(key, "")) for key in ("all", "text"))
        frames = integer("frames", asked.get("frames", "")) or _FRAMES
        await self._api.ready()
        name = request.match_info["name"]
        parameters = {"profile": "goroutine"} | ({"worker": asked["worker"]} if asked.get("worker") else {})
        payload = await self._router.debug(DebugQuery("Profile", parameters, name))
        # Ten thousand tasks take a second and tens of megabytes: one after the other, and not on the loop.
        async with self._making:
            if text:
                return web.Response(text=await asyncio.to_thread(_text, name, payload, everything, frames))
            return json_response(await asyncio.to_thread(_json, name, payload, everything))


def _json(name: str, payload: Payload, everything: bool) -> bytes:
    return orjson.dumps({"module": name, **flat_json(_tree(name, payload, everything))})


def _text(name: str, payload: Payload, everything: bool, frames: int) -> str:
    tree = _tree(name, payload, everything)
    lines = [name, *tree.comments, *tree_lines(tree, frames)]
    return "".join(f"{visible(line)}\n" for line in lines)


def _tree(name: str, payload: Payload, everything: bool) -> StackTree:
    buffer = decode_profile(check_type(payload, PROFILE))
    if not buffer.startswith(_GZIP):
        raise Unsupported("stacks", f"what {name} answers to the profile goroutine is no pprof profile")
    try:
        return stack_tree(decode(buffer), everything=everything)
    except DecodeError as error:
        raise RemoteError(name, "DATA_LOSS", str(error)) from error
