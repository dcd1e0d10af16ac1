"""``python -m tests.gateway.served``: a gateway over a store in memory; prints its URL, ends with its input."""

from __future__ import annotations

import asyncio
import sys

from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.json.codec import encode_module
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.names import key_of

from .modules import module


async def serve() -> None:
    """Serve two Modules."""
    async with MemoryStore() as store:
        for name in ("a1", "b2"):
            await store.put(key_of(name), encode_module(module(name)))
        async with Gateway(store, GatewaySettings(listen="127.0.0.1:0")) as gateway:
            await gateway.cache.wait_synced(60)
            sys.stdout.write(gateway.url + "\n")
            sys.stdout.flush()
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
