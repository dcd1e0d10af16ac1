"""A gateway over a store in memory, with agents, and our client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from corvo_agent.gateway.app import Gateway
from corvo_agent.rest_client.transport import Transport
from tests.gateway.conftest import agents, gateway, limits, settings, store

__all__ = ("agents", "gateway", "limits", "settings", "store", "transport")


@pytest_asyncio.fixture
async def transport(gateway: Gateway) -> AsyncIterator[Transport]:
    async with Transport(gateway.url) as transport:
        yield transport
