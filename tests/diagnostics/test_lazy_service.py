"""A lazy service is built once, off the loop, by its first call, and its messages are bounded."""

from __future__ import annotations

import asyncio
import threading

from grpclib.const import Cardinality

from corvo_agent.diagnostics.lazy_service import LazyService, Servable
from tests.h2_peer import connected, framed

from .kit import served
from .test_limits import UPLOAD, Upload, call

STREAMING = {UPLOAD: Cardinality.STREAM_UNARY}


async def test_the_first_calls_build_it_once_and_off_the_loop() -> None:
    built: list[int] = []

    def build() -> Servable:
        built.append(threading.get_ident())
        return Upload()

    async with served(LazyService(STREAMING, build)) as address, connected(address) as peer:
        assert built == []
        streams = [await peer.request(UPLOAD) for _ in range(3)]
        for stream in streams:
            await peer.send(stream, framed(b"abc"), end=True)
        assert [await peer.answer(stream) for stream in streams] == [("0", "")] * 3
        assert [peer.data[stream] for stream in streams] == [framed(b"abc")] * 3
    assert len(built) == 1
    assert built != [threading.get_ident()]


async def test_messages_are_bounded_in_any_server() -> None:
    async with served(LazyService(STREAMING, Upload)) as address, connected(address) as peer:
        status, text = await call(peer, framed(b"", length=1 << 30), UPLOAD)
        assert (status, text) == ("8", f"bytes of a message: at most {64 << 10}, got {1 << 30}")
        assert await call(peer, framed(b"x"), UPLOAD) == ("0", "")


async def test_what_cannot_be_built_fails_its_calls_and_is_tried_again() -> None:
    attempts = 0

    def build() -> Servable:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise ImportError("no such module")
        return Upload()

    async with served(LazyService(STREAMING, build)) as address, connected(address) as peer:
        status, text = await call(peer, framed(b"x"), UPLOAD)
        assert (status, text) == ("14", "other.Upload is unavailable: ImportError: no such module")
        assert await call(peer, framed(b"x"), UPLOAD) == ("0", "")
    await asyncio.sleep(0)
