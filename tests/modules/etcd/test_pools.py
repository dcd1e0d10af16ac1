"""New requests go over new connections, and those under way end as they would have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from corvo_agent.modules.etcd.pools import Pools
from tests.sidecar.servers import serving


@pytest.fixture
async def pools() -> AsyncIterator[Pools]:
    made = Pools(aiohttp.ClientSession)
    yield made
    await made.close()


class Server:
    """Answers with who asked, once it is let."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.entered = asyncio.Event()
        self.peers: list[object] = []

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        self.peers.append(request.transport.get_extra_info("peername"))
        self.entered.set()
        await self.open.wait()
        return web.Response(text="answered")


async def ask(session: aiohttp.ClientSession, url: str) -> str:
    async with session.get(url) as response:
        return await response.text()


async def test_connections_are_kept_until_they_are_left_behind(pools: Pools) -> None:
    server = Server()
    async with serving(server) as url:
        first = pools.current
        for _ in range(2):
            assert await ask(pools.current.session, url) == "answered"
        pools.retire(first)
        await pools.sweep()
        assert first.session.closed
        assert await ask(pools.current.session, url) == "answered"
    assert server.peers[0] == server.peers[1] != server.peers[2]


async def test_what_is_under_way_is_not_disturbed(pools: Pools) -> None:
    server = Server()
    server.open.clear()
    async with serving(server) as url:
        used = pools.current
        used.users += 1
        asking = asyncio.create_task(ask(used.session, url))
        await server.entered.wait()
        pools.retire(used)
        await pools.sweep()
        assert not used.session.closed
        server.open.set()
        assert await asking == "answered"
        used.users -= 1
        await pools.sweep()
        assert used.session.closed


async def test_of_two_who_leave_the_same_pool_one_makes_the_next(pools: Pools) -> None:
    first = pools.current
    pools.retire(first)
    second = pools.current
    pools.retire(first)
    assert pools.current is second
    assert second is not first


async def test_closing_ends_also_what_is_used(pools: Pools) -> None:
    server = Server()
    server.open.clear()
    async with serving(server) as url:
        pools.current.users += 1
        asking = asyncio.create_task(ask(pools.current.session, url))
        await server.entered.wait()
        retired = pools.current
        pools.retire(retired)
        await pools.close()
        assert retired.session.closed
        assert pools.current.session.closed
        with pytest.raises(aiohttp.ClientError):
            await asking
        server.open.set()
