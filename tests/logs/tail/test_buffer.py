"""What waits for a reader is bounded, and what is dropped is counted."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.logs.files.splitter import Chunk
from corvo_agent.logs.lines import marker
from corvo_agent.logs.lines.marker import Gap
from corvo_agent.logs.tail.buffer import TailBuffer
from corvo_agent.logs.tail.follower import TailItem


def item(size: int, count: int = 1) -> TailItem:
    return TailItem("/a.log", Chunk(bytes(size), 0, size, 0), count=count)


def test_the_oldest_go_first_and_are_counted() -> None:
    buffer = TailBuffer(1000)
    items = [item(200, count) for count in (1, 2, 3, 4)]
    for each in items:
        buffer.put(each)
    first, *others = buffer.take(10_000)
    assert first.remark == marker.dropped(3)
    assert others == items[2:]
    assert buffer.take(1) == []


def test_one_item_has_room_however_large() -> None:
    buffer = TailBuffer(10)
    buffer.put(item(5000))
    assert buffer.is_half_full
    assert len(buffer.take(1)) == 1
    assert not buffer.is_half_full


def test_remarks_stay_when_their_place_is_dropped() -> None:
    buffer = TailBuffer(500)
    gap = TailItem("/a.log", remark=marker.gap(Gap.TRUNCATED, "/a.log"))
    buffer.put(gap)
    buffer.put(item(100, 5))
    buffer.put(item(200, 7))
    taken = buffer.take(10_000)
    assert taken[0] is gap
    assert taken[1].remark == marker.dropped(5)


async def test_waiting_ends_with_an_item_or_a_failure() -> None:
    buffer = TailBuffer(1000)
    waiting = asyncio.ensure_future(buffer.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    buffer.put(item(1))
    await waiting
    buffer.fail(ValueError("broken"))
    await buffer.wait()
    buffer.take(1000)
    with pytest.raises(ValueError, match="broken"):
        await buffer.wait()
