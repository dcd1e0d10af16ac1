"""What tells people and programs about the API: /docs, the guides below it, and /openapi.json. Open to all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson
from aiohttp import web

from ....errors import NotFound
from ...objects.errors import Action
from ..http import error_response, json_response


def routes() -> list[web.RouteDef]:
    """Where they are served."""
    return [
        web.get("/openapi.json", _document, allow_head=False),
        web.get("/docs", _api, allow_head=False),
        web.get("/docs/style.css", _style, allow_head=False),
        web.get("/docs/guide", _guides, allow_head=False),
        web.get("/docs/guide/{name}", _guide, allow_head=False),
    ]


async def _document(request: web.Request) -> web.Response:
    """GET /openapi.json."""

    def make() -> bytes:
        from ..openapi import document

        return orjson.dumps(document())

    # Late, as below: a gateway that nobody reads about has no use for it.
    return json_response(await asyncio.to_thread(make))


async def _api(request: web.Request) -> web.Response:
    """GET /docs: every request of the API."""
    from ..api_page import api_page

    return await _page(api_page)


async def _guides(request: web.Request) -> web.Response:
    """GET /docs/guide: the list of guides."""
    from ....guides.html import guide_index

    return await _page(guide_index)


async def _guide(request: web.Request) -> web.Response:
    """GET /docs/guide/NAME: one of them."""
    from ....guides.html import guide_page

    name = request.match_info["name"]
    try:
        return await _page(lambda: guide_page(name))
    except NotFound as error:
        return error_response(error, Action.READ, name)


async def _style(request: web.Request) -> web.Response:
    """GET /docs/style.css."""
    from ....guides.html import style_sheet

    return web.Response(text=style_sheet(), content_type="text/css")


async def _page(make: Callable[[], str]) -> web.Response:
    # The first call parses and draws it, which is too long for the loop; later ones find it made.
    return web.Response(text=await asyncio.to_thread(make), content_type="text/html")
