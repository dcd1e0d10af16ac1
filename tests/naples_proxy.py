"""The proxy of a smart NIC's node: a real HTTPS server, whose certificate and whose callers' come from an authority."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.certificates import Authority

PS = "  PID TTY          TIME CMD\n    1 ?        00:00:03 init\n"


class NaplesProxy:
    """Answers ``status`` and ``body`` to what it is asked, and keeps that."""

    def __init__(self) -> None:
        self.status = 200
        self.body = PS
        self.seen: list[Any] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(await request.json())
        return web.Response(text=self.body, status=self.status)


@asynccontextmanager
async def served(proxy: NaplesProxy, authority: Authority, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """The port of ``proxy`` on 127.0.0.1 while it serves; who calls it needs a certificate of ``authority``."""
    own = authority.issue(host)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.path)
    context.load_cert_chain(own.cert, own.key)
    context.verify_mode = ssl.CERT_REQUIRED
    application = web.Application()
    application.router.add_post("/api/diagnostics/", proxy.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        port: int = runner.addresses[0][1]
        yield port
    finally:
        await runner.cleanup()
