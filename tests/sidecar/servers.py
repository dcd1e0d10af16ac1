"""Servers that answer as the programs do whose level a hook changes, each on a free port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextlib.asynccontextmanager
async def serving(handler: Handler, port: int = 0) -> AsyncIterator[str]:
    """A server whose every request goes to ``handler``; its URL without a slash at the end."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Zap:
    """zap's AtomicLevel: GET tells the level, PUT sets it from JSON, anything else is refused."""

    LEVELS = ("debug", "info", "warn", "error", "dpanic", "panic", "fatal")

    def __init__(self) -> None:
        self.level = "info"
        # Every level that was set, for whoever waits for it.
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    async def __call__(self, request: web.Request) -> web.Response:
        """Answer one request."""
        if request.method not in ("GET", "PUT"):
            return web.json_response({"error": "Only GET and PUT are supported."}, status=405)
        if request.method == "PUT":
            try:
                level = json.loads(await request.text())["level"]
            except (ValueError, KeyError):
                return web.json_response({"error": "malformed request body"}, status=400)
            if level not in self.LEVELS:
                return web.json_response({"error": f"unrecognized level: {level!r}"}, status=400)
            self.level = level
            self.heard.put_nowait(level)
        return web.json_response({"level": self.level})


class SpringBoot:
    """The loggers endpoint of Spring Boot's actuator: own levels by logger, ROOT above all."""

    LEVELS = ("OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE")

    def __init__(self) -> None:
        self.configured: dict[str, str] = {"ROOT": "INFO"}

    async def __call__(self, request: web.Request) -> web.Response:
        """Answer one request."""
        prefix = "/actuator/loggers/"
        if not request.path.startswith(prefix) or request.method != "POST":
            return web.Response(status=404)
        if request.content_type != "application/json":
            return web.Response(status=415)
        name, level = request.path.removeprefix(prefix), (await request.json()).get("configuredLevel")
        if level is None:
            self.configured.pop(name, None)
        elif level in self.LEVELS:
            self.configured[name] = level
        else:
            return web.json_response({"status": 400, "error": "Bad Request"}, status=400)
        return web.Response(status=204)


class Envoy:
    """The /logging of Envoy's admin interface: ?level= for all loggers, ?NAME= for one."""

    LEVELS = ("trace", "debug", "info", "warning", "error", "critical", "off")

    def __init__(self) -> None:
        self.loggers = dict.fromkeys(("admin", "http", "upstream"), "info")

    async def __call__(self, request: web.Request) -> web.Response:
        """Answer one request."""
        if request.path != "/logging" or request.method != "POST":
            return web.Response(status=405, text="Method Not Allowed")
        ((name, level),) = request.query.items()
        if level not in self.LEVELS or name not in (*self.loggers, "level"):
            return web.Response(status=400, text="usage: /logging?<name>=<level> (change single level)\n")
        self.loggers.update(dict.fromkeys(self.loggers, level) if name == "level" else {name: level})
        return web.Response(text="active loggers:\n" + "".join(f"  {n}: {v}\n" for n, v in self.loggers.items()))


class Recorder:
    """Answers every request with ``status`` and remembers method, path with query, body and headers."""

    def __init__(self, status: int = 200, text: str = "", headers: dict[str, str] | None = None) -> None:
        self.status, self.text, self.headers = status, text, headers
        self.requests: list[dict[str, Any]] = []

    async def __call__(self, request: web.Request) -> web.Response:
        """Answer one request."""
        self.requests.append(
            {
                "method": request.method,
                "path": request.raw_path,
                "body": await request.text(),
                "headers": dict(request.headers),
            }
        )
        return web.Response(status=self.status, text=self.text, headers=self.headers)
