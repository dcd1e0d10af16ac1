"""The console's files: open to everyone, for what they show is asked for by the page, with its caller's token.

They name each other and the API by relative URLs, so that the page works below a prefix and through a forwarded port.
"""

from __future__ import annotations

import hashlib
import posixpath

from aiohttp import web

from ....console.assets import MEDIA_TYPES, all_assets
from ....errors import NotFound
from ..entity_tags import not_modified, tagged

# Nothing but our own files, no markup made by scripts, no page around it, no form that leaves, no address told.
_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    ),
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Asked for again each time, and answered 304: a page never mixes files of two versions.
    "Cache-Control": "no-cache",
}


def routes() -> list[web.RouteDef]:
    """Where page and files are served; all of them are read once."""
    held = {path: (content, hashlib.sha256(content).hexdigest()[:16]) for path, content in all_assets().items()}

    def answer(request: web.Request, path: str) -> web.Response:
        if path not in held:
            raise NotFound("file of the console", path)
        content, tag = held[path]
        if unchanged := not_modified(request, tag, _HEADERS):
            return unchanged
        media = MEDIA_TYPES[posixpath.splitext(path)[1]]
        return web.Response(body=content, content_type=media, charset="utf-8", headers=tagged(_HEADERS, tag))

    async def get_page(request: web.Request) -> web.Response:
        return answer(request, "index.html")

    async def get_file(request: web.Request) -> web.Response:
        return answer(request, f"{request.match_info['folder']}/{request.match_info['file']}")

    return [
        web.get("/", get_page, allow_head=False),
        web.get("/ui/{folder}/{file}", get_file, allow_head=False),
    ]
