"""Two Modules whose agents read log files that a test writes, behind a gateway."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.json.codec import encode_module
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.names import key_of
from corvo_agent.timestamps import format_rfc3339
from tests.gateway.modules import module

SHOP, MAIL = "node1-shop", "node2-mail"
LOCAL = GatewaySettings(listen="127.0.0.1:0")
#: What no page may take for its own.
MARKUP = "<img src=x onerror=alert(1)>"


@dataclass
class LogWorld:
    """A gateway, and the log file of each of its Modules; lines are written a second apart, from 900 s ago on."""

    gateway: Gateway
    files: dict[str, Path]
    began: int

    def write(self, name: str, second: float, level: str, msg: str, **fields: object) -> None:
        """A line of ``name``, written ``second`` seconds after the first one could be."""
        ts = format_rfc3339(self.began + int(second * 10**9))
        with self.files[name].open("ab") as file:
            file.write(orjson.dumps({"ts": ts, "level": level, "msg": msg, **fields}) + b"\n")

    def link(self, query: str) -> str:
        """The page of their logs that shows ``query``."""
        return f"{self.gateway.url}/#/logs?{query}"


@asynccontextmanager
async def log_world(folder: Path, settings: GatewaySettings = LOCAL) -> AsyncIterator[LogWorld]:
    """The world, with thirty lines in each of the two logs, until it is left."""
    files = {name: folder / f"{name}.log" for name in (SHOP, MAIL)}
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(MemoryStore())
        for name, file in files.items():
            file.touch()
            node, _, service = name.partition("-")
            agent = DiagnosticsService.with_defaults(service, node, log_file=str(file))
            await stack.enter_async_context(agent)
            server = await stack.enter_async_context(DiagnosticsServer([agent]))
            await store.put(key_of(name), encode_module(module(name, node=node, module=service)))
            await store.put(endpoint_key(name), encode_endpoint(Endpoint(server.address)))
        gateway = await stack.enter_async_context(Gateway(store, settings))
        await gateway.cache.wait_synced(30)
        await gateway.endpoints.wait_synced(30)
        world = LogWorld(gateway, files, time.time_ns() - 900 * 10**9)
        for second in range(30):
            level = "error" if second % 10 == 5 else "info"
            world.write(SHOP, second, level, f"order {second}", status=500 if level == "error" else 200)
            world.write(MAIL, second + 0.5, "warn", f"mail {second}", to={"name": MARKUP, "tries": [second]})
        yield world
