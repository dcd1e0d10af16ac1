"""What waits for a reader is bounded, and a wait that is given up loses nothing."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.gateway.multiplex.outbox import Outbox


async def test_who_has_more_to_say_waits_for_the_reader() -> None:
    outbox = Outbox(10)
    await outbox.put(b"12345678")
    waiting = asyncio.create_task(outbox.put(b"9abc"))
    await asyncio.sleep(0)
    assert (outbox.held, waiting.done()) == (8, False)
    assert await outbox.take() == b"12345678"
    await waiting
    assert await outbox.take() == b"9abc"


async def test_a_piece_over_the_limit_goes_alone() -> None:
    outbox = Outbox(4)
    await outbox.put(b"0123456789")
    assert await outbox.take() == b"0123456789"


async def test_a_wait_that_is_cancelled_neither_adds_nor_takes() -> None:
    outbox = Outbox(4)
    taking = asyncio.create_task(outbox.take())
    await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    await outbox.put(b"ab")
    putting = asyncio.create_task(outbox.put(b"cdef"))
    await asyncio.sleep(0)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert await outbox.take() == b"ab"


async def test_what_waits_can_be_taken_after_the_end() -> None:
    outbox = Outbox()
    await outbox.put(b"last")
    await outbox.close()
    assert [await outbox.take(), await outbox.take()] == [b"last", b""]
