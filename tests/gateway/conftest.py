"""A gateway over a store in memory, agents that answer for real, and a client to ask it with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.json.codec import encode_module
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.model import Module
from corvo_agent.modules.names import API_PATH, key_of

from .agents import AgentFarm

LOCAL = GatewaySettings(listen="127.0.0.1:0")


class Api:
    """The REST API as a caller sees it: a path below the prefix in, status and JSON out."""

    def __init__(self, session: aiohttp.ClientSession, gateway: Gateway) -> None:
        self.session = session
        self.gateway = gateway
        self.base = gateway.url + API_PATH

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Status and JSON."""
        async with self.raw(method, path, body, **more) as response:
            return response.status, await response.json(content_type=None)

    def raw(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The response itself, as an async context manager."""
        content = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        return self.session.request(method, self.base + path, **content, **more)

    async def get(self, path: str, **params: str) -> tuple[int, Any]:
        """GET with a query."""
        return await self.call("GET", path, params=params)


class Store(MemoryStore):
    """The store in memory with a shorter way to put objects there."""

    async def put_module(self, module: Module) -> int:
        """Store a Module as somebody else would."""
        return await self.put(key_of(module.name), encode_module(module))

    async def put_endpoint(self, name: str, address: str) -> int:
        """Announce an agent."""
        return await self.put(endpoint_key(name), encode_endpoint(Endpoint(address)))


async def settled(gateway: Gateway, store: MemoryStore) -> None:
    """Wait until the gateway knows of both watches what the store holds now."""
    await gateway.cache.wait_synced(60)
    await gateway.endpoints.wait_synced(60)
    names = [item.mod_revision for item in (await store.range(key_of("a1")[:-2])).items]
    await gateway.cache.wait_for(max(names, default=0), 60)


async def announced(gateway: Gateway, name: str, old: Endpoint | None = None) -> None:
    """Wait until the gateway knows another endpoint of ``name`` than ``old``."""
    await gateway.endpoints.wait_until(lambda: gateway.endpoints.get(name) != old, f"no endpoint of {name}", 60)


@pytest_asyncio.fixture
async def store() -> AsyncIterator[Store]:
    async with Store() as kept:
        yield kept


@pytest.fixture
def settings() -> GatewaySettings:
    """Override it in a module or with parametrize."""
    return LOCAL


@pytest.fixture
def limits() -> dict[str, Any]:
    """``routes`` and ``watches`` of the gateway, where they are not the usual ones; override it as ``settings``."""
    return {}


@pytest_asyncio.fixture
async def gateway(store: Store, settings: GatewaySettings, limits: dict[str, Any]) -> AsyncIterator[Gateway]:
    async with Gateway(store, settings, **limits) as running:
        await running.cache.wait_synced(60)
        yield running


@pytest_asyncio.fixture
async def api(gateway: Gateway) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(session, gateway)


@pytest_asyncio.fixture
async def agents(store: Store) -> AsyncIterator[AgentFarm]:
    async with AgentFarm(store) as farm:
        yield farm
