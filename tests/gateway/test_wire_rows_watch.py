"""The rows of the contract on watching over REST, each named: lines, frames, starts, selectors, bounds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.watching.watch_hub import WatchLimits
from corvo_agent.modules.names import API_PATH, key_of

from .conftest import LOCAL, Api, Store, settled
from .modules import module


class Lines:
    """The events of a chunked watch, one after another."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self._events: list[Any] = []

    async def line(self) -> Any:
        """The next line."""
        return json.loads(await self.response.content.readline())

    async def next(self) -> tuple[str, str]:
        """Type and name of the next event."""
        event = await self.event()
        return event["type"], event["object"]["meta"]["name"]

    async def event(self) -> Any:
        """The next event, whole."""
        while not self._events:
            self._events = (await self.line())["result"]["events"]
        return self._events.pop(0)


@asynccontextmanager
async def watching(api: Api, **params: str) -> AsyncIterator[Lines]:
    async with api.raw("GET", "/watch/modules", params=params) as response:
        assert (response.status, response.content_type) == (200, "application/json")
        assert response.headers["Transfer-Encoding"] == "chunked"
        yield Lines(response)


async def test_row_plain_get_is_chunked_lines(api: Api, store: Store) -> None:
    """Plain GET: one line per batch, {"result":{"events":[{"type","object"}]}}."""
    await store.put_module(module("a1"))
    await settled(api.gateway, store)
    async with watching(api) as lines:
        first = await lines.line()
        assert list(first) == ["result"]
        assert list(first["result"]) == ["events"]
        event = first["result"]["events"][0]
        assert (event["type"], event["object"]) == ("Created", (await api.get("/modules/a1"))[1])


async def test_a_caller_of_http_1_0_gets_bare_lines(api: Api, store: Store) -> None:
    async with (
        aiohttp.ClientSession(version=aiohttp.HttpVersion10) as session,
        session.get(f"{api.base}/watch/modules") as response,
    ):
        assert (response.status, response.headers.get("Transfer-Encoding")) == (200, None)
        lines = Lines(response)
        for name in ("a1", "b2"):
            await store.put_module(module(name))
            assert await lines.next() == ("Created", name)


async def test_row_websocket_frames(api: Api, store: Store) -> None:
    """WebSocket: text frames {"events":[...]} + newline, no "result" wrapper."""
    await store.put_module(module("a1"))
    await settled(api.gateway, store)
    async with api.session.ws_connect(f"{api.base}/watch/modules") as socket:
        text = await socket.receive_str()
        assert text.endswith("\n")
        assert list(json.loads(text)) == ["events"]
        await store.put_module(module("b2"))
        assert json.loads(await socket.receive_str())["events"][0]["object"]["meta"]["name"] == "b2"
    assert socket.close_code == 1000


async def test_row_websocket_closes_by_how_it_ended(store: Store) -> None:
    """Close 1000 when the backend ends, 1011 on backend error."""
    async with aiohttp.ClientSession() as session:
        async with Gateway(store, LOCAL) as gateway:
            url = f"{gateway.url}{API_PATH}/watch/modules"
            socket = await session.ws_connect(url)
            ended = asyncio.create_task(socket.receive())
            async with session.ws_connect(f"{url}?O.resource-version=1") as expired:
                assert ((await expired.receive()).type, expired.close_code) == (WSMsgType.CLOSE, 1011)
        assert ((await ended).type, socket.close_code) == (WSMsgType.CLOSE, 1000)


async def test_row_event_types(api: Api, store: Store) -> None:
    """Created, Updated, Deleted; Deleted carries the last object with resource-version = delete revision."""
    async with watching(api) as lines:
        await store.put_module(module("a1", level="Info"))
        assert await lines.next() == ("Created", "a1")
        await store.put_module(module("a1", level="Debug"))
        assert await lines.next() == ("Updated", "a1")
        await store.delete(key_of("a1"))
        gone = await lines.event()
        assert (gone["type"], gone["object"]["spec"]["log-level"]) == ("Deleted", "Debug")
        assert gone["object"]["meta"]["resource-version"] == str(store.revision)


@pytest.mark.parametrize("start", ["", "0"])
async def test_row_start_at_nothing_or_zero(api: Api, store: Store, start: str) -> None:
    """absent, "" or 0: all existing objects as Created, by ascending resource-version, then live."""
    for name in ("c3", "a1", "b2"):
        await store.put_module(module(name))
    await settled(api.gateway, store)
    async with watching(api, **{"O.resource-version": start}) as lines:
        assert [await lines.next() for _ in range(3)] == [("Created", "c3"), ("Created", "a1"), ("Created", "b2")]
        await store.put_module(module("d4"))
        assert await lines.next() == ("Created", "d4")


async def test_row_start_at_a_version_is_inclusive(api: Api, store: Store) -> None:
    """N: events with version >= N, from the history that is kept."""
    await store.put_module(module("a1"))
    version = await store.put_module(module("b2"))
    await store.put_module(module("a1", level="Debug"))
    await settled(api.gateway, store)
    async with watching(api, **{"O.resource-version": str(version)}) as lines:
        assert [await lines.next() for _ in range(2)] == [("Created", "b2"), ("Updated", "a1")]


async def test_row_start_minus_one_has_no_initial_objects(api: Api, store: Store) -> None:
    """-1: no initial objects."""
    await store.put_module(module("a1"))
    await settled(api.gateway, store)
    async with watching(api, **{"O.resource-version": "-1"}) as lines:
        await store.put_module(module("b2"))
        assert await lines.next() == ("Created", "b2")


async def test_row_start_outside_the_history(api: Api, store: Store) -> None:
    """otherwise stream error 410:({Expired}) [...], inside the stream, which then ends."""
    async with watching(api, **{"O.resource-version": "1"}) as lines:
        error = (await lines.line())["error"]
        assert error["message"] == "410:({Expired}) [version too old]"
        assert (error["grpc_code"], error["http_code"], error["http_status"]) == (2, 500, "Internal Server Error")
        assert await lines.response.content.read() == b""


async def test_row_start_ahead_of_the_store(api: Api, store: Store) -> None:
    """a version that the store has not reached: 410:({Expired}), after one look at the store."""
    last = await store.put_module(module("a1"))
    async with watching(api, **{"O.resource-version": str(last + 2)}) as lines:
        error = (await lines.line())["error"]
        text = "410:({Expired}) [version not in cache history, retry without specifying version]"
        assert error["message"] == text
        assert await lines.response.content.read() == b""
    async with watching(api, **{"O.resource-version": str(last + 1)}) as lines:
        await store.put_module(module("b2"))
        assert await lines.next() == ("Created", "b2")


async def test_row_selectors(api: Api, store: Store) -> None:
    """A selector that an object stops matching gives no event: no synthetic Deleted."""
    async with watching(api, **{"label-selector": "app=x", "field-selector": "status.node=node1"}) as lines:
        await store.put_module(module("a1", labels={"app": "x"}))
        assert await lines.next() == ("Created", "a1")
        await store.put_module(module("a1", labels={"app": "y"}))
        await store.put_module(module("b2", labels={"app": "x"}, node="node2"))
        await store.put_module(module("c3", labels={"app": "x"}))
        assert await lines.next() == ("Created", "c3")


async def test_row_field_change_selector(api: Api, store: Store) -> None:
    """field-change-selector Spec: an Updated event passes only if that part changed; Created events pass."""
    async with watching(api, **{"O.name": "a1", "field-change-selector": "Spec"}) as lines:
        await store.put_module(module("a1"))
        assert await lines.next() == ("Created", "a1")
        await store.put_module(module("a1", node="node7"))
        await store.put_module(module("b2"))
        await store.put_module(module("a1", node="node8", level="Debug"))
        changed = await lines.event()
        assert (changed["type"], changed["object"]["status"]["node"]) == ("Updated", "node8")


async def test_row_batches(api: Api, store: Store) -> None:
    """events are held 10 ms and sent together, at most 500 per batch."""
    for number in range(1200):
        await store.put_module(module(f"m{number:04}"))
    await settled(api.gateway, store)
    async with watching(api) as lines:
        sizes = [len((await lines.line())["result"]["events"]) for _ in range(3)]
        assert sizes == [500, 500, 200]
        for number in range(700):
            await store.put_module(module(f"n{number:04}"))
        seen = 0
        while seen < 700:
            count = len((await lines.line())["result"]["events"])
            assert count <= 500
            seen += count


async def test_ten_watchers_of_three_kinds_see_the_same_in_order(api: Api, store: Store) -> None:
    kinds = [{}, {"label-selector": "app"}, {"field-selector": "status.node!=x"}]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        responses = [await session.get(f"{api.base}/watch/modules", params=kinds[number % 3]) for number in range(10)]
        for number in range(50):
            await store.put_module(module(f"m{number:02}", labels={"app": "x"}))
        expected = [("Created", f"m{number:02}") for number in range(50)]
        for response in responses:
            lines = Lines(response)
            assert [await lines.next() for _ in range(50)] == expected
        assert api.gateway.hub.watchers == 10
        for response in responses:
            response.close()


@pytest.mark.parametrize("limits", [{"watches": WatchLimits(waiting=10, watchers=1)}])
async def test_watchers_are_bounded(api: Api) -> None:
    async with watching(api):
        status, body = await api.get("/watch/modules")
        assert (status, "watchers at once" in body["message"][0]) == (412, True)


async def test_an_interruption_of_the_store_loses_and_repeats_nothing(api: Api, store: Store) -> None:
    async with watching(api) as lines:
        await store.put_module(module("a1"))
        assert await lines.next() == ("Created", "a1")
        store.disconnect()
        await store.put_module(module("b2"))
        assert await lines.next() == ("Created", "b2")
        await store.put_module(module("c3"))
        store.compact(store.revision)
        store.disconnect()
        await store.put_module(module("d4"))
        assert sorted([await lines.next(), await lines.next()]) == [("Created", "c3"), ("Created", "d4")]
