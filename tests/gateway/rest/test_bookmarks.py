"""Idle watchers that ask for it hear that they have been told everything, and up to which version."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from corvo_agent.gateway.watching.feed import BatchLimits
from corvo_agent.gateway.watching.watch_hub import WatchLimits
from tests.gateway.conftest import Api, Store, settled
from tests.gateway.modules import module
from tests.gateway.test_wire_rows_watch import watching

ASKED = {"bookmarks": "true"}


@pytest.fixture
def limits() -> dict[str, Any]:
    """They come soon."""
    return {"watches": WatchLimits(bookmark=0.05, history_seconds=0.0)}


async def test_a_bookmark_says_up_to_where_all_was_told(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    await settled(api.gateway, store)
    async with watching(api, **ASKED) as lines:
        assert await lines.next() == ("Created", "a1")
        event = await lines.event()
        assert event["type"] == "Bookmark"
        assert event["object"] == {"kind": "Module", "meta": {"resource-version": str(api.gateway.cache.revision)}}
        assert event["staleness"] >= 0
        written = await store.put_module(module("b1"))
        while (event := await lines.event())["type"] == "Bookmark":
            assert int(event["object"]["meta"]["resource-version"]) < written
        assert (event["type"], event["object"]["meta"]["name"]) == ("Created", "b1")
        # It also comes where another way than the stream's own task has told the last event.
        event = await lines.event()
        assert (event["type"], event["object"]["meta"]["resource-version"]) == ("Bookmark", str(written))


async def test_who_comes_back_goes_on_behind_the_bookmark(api: Api, store: Store) -> None:
    async with watching(api, **ASKED, **{"O.name": "a1"}) as lines:
        await store.put_module(module("a1"))
        assert await lines.next() == ("Created", "a1")
        # Nothing of this is for that watcher, and what there was is forgotten at once.
        last = await store.put_module(module("b1"))
        while (event := await lines.event())["object"]["meta"]["resource-version"] != str(last):
            assert event["type"] == "Bookmark"
    async with watching(api, **{"O.name": "a1", "O.resource-version": str(last + 1)}) as lines:
        await store.put_module(module("a1", level="Debug"))
        assert await lines.next() == ("Updated", "a1")


async def test_a_websocket_gets_them_too(api: Api, store: Store) -> None:
    async with api.session.ws_connect(f"{api.base}/watch/modules?bookmarks=1") as socket:
        (event,) = json.loads(await socket.receive_str())["events"]
        assert event["type"] == "Bookmark"


async def test_who_does_not_ask_gets_none(api: Api, store: Store) -> None:
    async with watching(api) as plain, watching(api, **ASKED) as asked:
        for _ in range(3):
            assert (await asked.event())["type"] == "Bookmark"
        await store.put_module(module("a1"))
        assert await plain.next() == ("Created", "a1")
    assert (await api.get("/watch/modules", bookmarks="perhaps"))[0] == 400


@pytest.mark.parametrize(
    "limits", [{"watches": WatchLimits(BatchLimits(delay=600, longest=600, size=2), bookmark=0.01)}]
)
async def test_there_is_none_while_an_event_waits(api: Api, store: Store) -> None:
    async with watching(api, **ASKED) as lines:
        assert (await lines.event())["type"] == "Bookmark"
        first = await store.put_module(module("a1"))
        await settled(api.gateway, store)
        waiting = asyncio.create_task(lines.event())
        # Another watcher's bookmarks go by meanwhile, for nothing waits for it.
        async with watching(api, **ASKED, **{"O.name": "b1"}) as other:
            for _ in range(3):
                assert (await other.event())["object"]["meta"]["resource-version"] == str(first)
        await store.put_module(module("b1"))
        event = await waiting
        while event["type"] == "Bookmark":
            assert int(event["object"]["meta"]["resource-version"]) < first
            event = await lines.event()
        assert event["object"]["meta"]["name"] == "a1"
