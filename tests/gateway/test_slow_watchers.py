"""Watchers that do not read: each is bounded, told so and ended, and none holds up the others."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from corvo_agent.gateway.watching.watch_hub import WatchLimits
from corvo_agent.modules.names import API_PATH

from .conftest import Api, Store
from .modules import module

_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
}
# More than the buffers of a connection take, one event after another.
_LARGE = ("x" * 500_000,)
_CHANGES = 30


@asynccontextmanager
async def stalled(api: Api, headers: dict[str, str] | None = None) -> AsyncIterator[asyncio.StreamReader]:
    """A watcher that reads the head of the answer, and then only what the test reads."""
    host, _, port = api.gateway.address.rpartition(":")
    client = socket.socket()
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=client)
    try:
        asked = {"Host": "127.0.0.1", **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
        writer.write(f"GET {API_PATH}/watch/modules HTTP/1.1\r\n{head}\r\n".encode())
        assert b" 200 " in (answer := await reader.readuntil(b"\r\n\r\n")) or b" 101 " in answer
        yield reader
    finally:
        writer.close()


async def given_up(api: Api, store: Store) -> None:
    """Change more than the buffers hold, and wait until the gateway has given up the watcher that does not read."""
    for number in range(_CHANGES):
        await store.put_module(module(f"m{number:02}", args=_LARGE))
    async with asyncio.timeout(60):
        while api.gateway.hub.watchers:
            assert (await api.get("/modules/zz"))[0] == 404


async def rest(reader: asyncio.StreamReader) -> bytes:
    """Everything until the connection ends."""
    async with asyncio.timeout(60):
        return await reader.read()


@pytest.mark.parametrize("limits", [{"watches": WatchLimits(waiting=5)}])
async def test_one_that_falls_behind_is_told_and_ends(api: Api, store: Store) -> None:
    async with stalled(api) as reader, api.raw("GET", "/watch/modules") as response:
        for number in range(_CHANGES):
            await store.put_module(module(f"m{number:02}", args=_LARGE))
            # One that reads keeps up meanwhile.
            line = b""
            while not line.endswith(b"\n"):
                line += await response.content.readany()
            assert json.loads(line)["result"]["events"][0]["object"]["meta"]["name"] == f"m{number:02}"
        # Read on: what had been written arrives, then the reason, then the end.
        text = b""
        async with asyncio.timeout(60):
            while not text.endswith(b"0\r\n\r\n"):
                text = text[-1000:] + await reader.read(1 << 20)
        assert b'{"error":{"grpc_code":' in text
        assert b"slow watcher" in text


@pytest.mark.parametrize("limits", [{"watches": WatchLimits(patience=0.1)}])
async def test_one_that_takes_nothing_in_time_is_cut_off(api: Api, store: Store) -> None:
    async with stalled(api) as reader:
        await given_up(api, store)
        text = await rest(reader)
        # What the kernel had taken, and no end of the answer.
        assert len(text) < _CHANGES * len(_LARGE[0])
        assert not text.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("limits", [{"watches": WatchLimits(patience=0.1)}])
async def test_row_websocket_write_error(api: Api, store: Store) -> None:
    """Close 1002 on write error: the last frame of one that took nothing in time."""
    async with stalled(api, _UPGRADE) as reader:
        await given_up(api, store)
        text = await rest(reader)
        assert (1002).to_bytes(2) + b"what was written was not taken" in text[-100:]
