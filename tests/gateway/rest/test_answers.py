"""Callers that do not read what they asked for cost the gateway no more than it has room for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.rest.connection import HttpLimits
from corvo_agent.modules.names import API_PATH
from corvo_agent.testing import FakeClock
from tests.diagnostics.kit import until

from ..agents import Agent, AgentFarm
from ..conftest import Api, Store, settled
from ..modules import module

LINES = 150_000
# What the sockets of both sides hold is less.
LEAST = 8 << 20
# So many lines take some time on a busy machine.
PATIENCE = "100s"


@pytest.fixture
def limits() -> dict[str, Any]:
    return {"http": HttpLimits(stall_timeout=1.0)}


@pytest_asyncio.fixture(autouse=True)
async def follower(gateway: Gateway, store: Store, agents: AgentFarm) -> Agent:
    """The agent of a1."""
    started = await agents.start(module("a1"))
    await settled(gateway, store)
    return started


@contextlib.asynccontextmanager
async def unread(api: Api, path: str, method: str = "POST", body: Any = None) -> AsyncIterator[asyncio.StreamReader]:
    """A caller that has asked and reads the head of its answer only."""
    host, _, port = api.gateway.address.rpartition(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=client)
    try:
        data = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {API_PATH}{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        yield reader
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def long_answer(api: Api) -> contextlib.AbstractAsyncContextManager[asyncio.StreamReader]:
    return unread(
        api, f"/modules/a1/Debug?timeout={PATIENCE}", body={"query": "Log", "parameters": {"lines": str(LINES)}}
    )


async def rest(reader: asyncio.StreamReader) -> bytes:
    found = b""
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(1 << 20):
            found += piece
    return found


def busy(gateway: Gateway) -> int:
    """Connections on which an answer is being written."""
    return sum(connection.busy for connection in gateway.connections)


async def ask(api: Api, lines: int = LINES) -> tuple[int, Any]:
    query = {"query": "Log", "parameters": {"lines": str(lines)}}
    return await api.call("POST", "/modules/a1/Debug", query, params={"timeout": PATIENCE})


# Not within a second: when the machine stands still that long, one that reads is cut off as well.
@pytest.mark.parametrize("limits", [{}])
async def test_a_long_answer_is_whole(api: Api) -> None:
    status, body = await ask(api)
    assert (status, len(body["diagnostics"]["logs"])) == (200, LINES)
    assert api.gateway.answers.held == 0


async def test_one_that_is_not_taken_ends(api: Api) -> None:
    async with long_answer(api) as reader:
        # Or it has ended while the machine stood still.
        assert api.gateway.answers.held > LEAST or not api.gateway.answers.held
        await until(lambda: not api.gateway.answers.held)
        assert len(await rest(reader)) < LEAST


async def listing(api: Api) -> tuple[int, Any]:
    """The Modules, asked for again when the machine stood still so long that the answer was cut off."""
    while True:
        with contextlib.suppress(aiohttp.ClientError):
            return await api.get("/modules")


async def test_a_listing_that_is_not_taken_ends_and_one_that_is_read_is_whole(api: Api, store: Store) -> None:
    sizes = [*range(0, 200_000, 20_000), 64 << 10, (64 << 10) - 1, *[500_000] * 20]
    for number, size in enumerate(sizes):
        await store.put_module(module(f"m{number:02}", args=("x" * size,)))
    await settled(api.gateway, store)
    async with unread(api, "/modules", "GET") as reader:
        status, body = await listing(api)
        assert (status, len(body["items"])) == (200, 1 + len(sizes))
        assert [len(item["spec"]["args"][0]) for item in body["items"][1:]] == sizes
        # Nothing was read while the other caller was answered: it is cut off in the middle of its items.
        await until(lambda: not busy(api.gateway))
        assert len(await rest(reader)) < sum(sizes)


async def test_a_followed_log_may_be_read_with_pauses(api: Api, follower: Agent) -> None:
    async with unread(api, "/watch/modules/a1/logs", "GET") as reader:
        for number in range(30):
            await follower.say(f"{number} " + "x" * 400_000)
        await until(lambda: any(connection.writing_paused for connection in api.gateway.connections))
        async with long_answer(api) as other:
            await until(lambda: not api.gateway.answers.held)
            await rest(other)
        assert not reader.at_eof()
        await follower.end()
        assert (await rest(reader)).count(b'"msg"') == 32


class TestRoom:
    @pytest.fixture
    def limits(self) -> dict[str, Any]:
        return {"http": HttpLimits(answer_bytes=2 * LEAST)}

    async def test_an_answer_without_room_waits_and_takes_that_of_one_that_is_not_read(self, api: Api) -> None:
        clock = api.gateway.answers._clock = FakeClock()
        async with long_answer(api) as reader:
            held = api.gateway.answers.held
            waiting = asyncio.create_task(ask(api))
            await clock.wait_sleeping()
            # A short one needs no room.
            assert (await ask(api, 2))[0] == 200
            assert api.gateway.answers.held == held
            await clock.advance(1.0)
            assert (await waiting)[0] == 200
            assert len(await rest(reader)) < LEAST
        assert api.gateway.answers.held == 0

    async def test_where_all_are_read_it_is_refused_after_ten_seconds(self, api: Api) -> None:
        answers, clock = api.gateway.answers, FakeClock()
        answers._clock = clock
        one = answers.reader(lambda: None)
        with await one.hold(2 * LEAST), one.offering():
            waiting = asyncio.create_task(ask(api))
            for _ in range(20):
                await clock.wait_sleeping()
                one.taken()
                await clock.advance(0.5)
            status, body = await waiting
        assert status == 503
        assert "memory is full" in str(body)
        assert answers.held == 0

    async def test_many_modules_in_one_request_are_answered_whole_within_the_room(
        self, api: Api, store: Store, agents: AgentFarm
    ) -> None:
        # No time passes: a busy machine may need more for one answer than the next one waits for room.
        api.gateway.answers._clock = FakeClock()
        for name in ("a2", "a3"):
            await agents.start(module(name))
        await settled(api.gateway, store)
        query = {"query": "Log", "parameters": {"lines": str(LINES)}}
        async with api.raw("POST", "/Debug", query, params={"timeout": PATIENCE}) as response:
            assert response.status == 200
            lines = [json.loads(line) for line in (await response.read()).splitlines()]
        assert lines.pop()["summary"] == {"modules": 3, "ok": 3, "failed": 0}
        assert [len(line["diagnostics"]["logs"]) for line in lines] == [LINES] * 3
        assert api.gateway.answers.held == 0
