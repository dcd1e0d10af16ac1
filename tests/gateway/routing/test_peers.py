"""Connections to agents: shared, given up when dead, idle or too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from corvo_agent.errors import DeadlineExceeded, RemoteError, ResourceExhausted, Unavailable
from corvo_agent.gateway.routing.peers import PeerPool
from corvo_agent.testing import FakeClock
from tests.kept_ports import NOBODY_THERE

from ..agents import Agent, AgentFarm
from ..conftest import Store
from ..modules import module


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture
async def pool(clock: FakeClock) -> AsyncIterator[PeerPool]:
    made = PeerPool(clock=clock, limit=2, idle=60)
    yield made
    await made.aclose()


async def start(agents: AgentFarm, name: str) -> tuple[Agent, str]:
    agent = await agents.start(module(name))
    return agent, f"127.0.0.1:{agent.port}"


async def ask(pool: PeerPool, address: str, query: str = "Log", timeout: float = 60.0) -> None:
    async with pool.client(address) as client:
        await client.debug(query, timeout=timeout)


async def test_calls_to_one_address_share_a_client(pool: PeerPool, agents: AgentFarm) -> None:
    _, address = await start(agents, "a1")
    async with pool.client(address) as one, pool.client(address) as two:
        assert one is two
    assert len(pool) == 1


async def test_an_address_that_is_down_fails_at_once_for_a_while(pool: PeerPool, clock: FakeClock) -> None:
    with pytest.raises(Unavailable):
        await ask(pool, NOBODY_THERE)
    assert pool.down == 1
    entered = False
    with pytest.raises(Unavailable):
        async with pool.client(NOBODY_THERE):
            entered = True
    assert not entered
    await clock.advance(0.2)
    async with pool.client(NOBODY_THERE):
        entered = True
    assert entered
    assert pool.down == 0


async def test_an_error_of_the_agent_is_an_answer(pool: PeerPool, agents: AgentFarm) -> None:
    _, address = await start(agents, "a1")
    with pytest.raises(RemoteError):
        await ask(pool, address, "nope")
    assert pool.down == 0


async def test_a_connection_without_any_answer_in_time_is_replaced(
    pool: PeerPool, agents: AgentFarm, clock: FakeClock
) -> None:
    _, address = await start(agents, "a1")
    # Connected from now on: a deadline that passes before that is another error.
    await ask(pool, address)
    await clock.advance(1)
    with pytest.raises(DeadlineExceeded):
        await ask(pool, address, "Hang", 0.2)
    await ask(pool, address)


async def test_idle_ones_make_room_and_busy_ones_do_not(
    pool: PeerPool, agents: AgentFarm, clock: FakeClock, store: Store
) -> None:
    addresses = [(await start(agents, name))[1] for name in ("a1", "b2", "c3")]
    await ask(pool, addresses[0])
    await clock.advance(1)
    await ask(pool, addresses[1])
    await ask(pool, addresses[2])
    assert len(pool) == 2
    async with pool.client(addresses[1]), pool.client(addresses[2]):
        with pytest.raises(ResourceExhausted):
            await ask(pool, addresses[0])
    await clock.advance(61)
    await ask(pool, addresses[0])
    assert len(pool) == 1


async def test_a_cancelled_call_gives_its_place_back(pool: PeerPool, agents: AgentFarm, clock: FakeClock) -> None:
    agent, address = await start(agents, "a1")
    agent.hanging.set()
    call = asyncio.create_task(ask(pool, address))
    await agent.waiting.wait()
    call.cancel()
    await asyncio.wait({call})
    assert call.cancelled()
    assert pool.down == 0
    await clock.advance(61)
    with pytest.raises(Unavailable):
        await ask(pool, NOBODY_THERE)
    assert len(pool) == 1
