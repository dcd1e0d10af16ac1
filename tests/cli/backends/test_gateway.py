"""Through a gateway: objects and agents over one connection, and the gateway finds the agents."""

from __future__ import annotations

import pytest

from corvo_agent.cli.backends.gateway import GatewayBackend
from corvo_agent.errors import NotFound
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.rest_client.transport import Transport
from tests.gateway.agents import AgentFarm
from tests.gateway.modules import module


async def test_it_has_modules_and_their_agents() -> None:
    async with (
        MemoryStore() as store,
        AgentFarm(store) as farm,
        Gateway(store, GatewaySettings(listen="127.0.0.1:0")) as gateway,
        Transport(gateway.url) as transport,
    ):
        await gateway.cache.wait_synced(60)
        await farm.start(module("a1"))
        await gateway.cache.wait_for((await store.range("")).revision, 60)
        backend = GatewayBackend(transport)
        assert backend.has_modules
        assert [each.name for each in (await backend.modules.list()).modules] == ["a1"]
        async with backend.agent("a1") as client:
            assert [line["msg"] for line in await client.logs()] == ["a1 0", "a1 1"]
        # Whether there is one shows when it is asked.
        async with backend.agent("nobody") as client:
            with pytest.raises(NotFound):
                await client.logs()
