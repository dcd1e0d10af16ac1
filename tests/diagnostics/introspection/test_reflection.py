"""Reflection streams are bounded, and what is no request ends them with a status."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from corvo_agent.diagnostics.introspection.reflection import ReflectionService, served_names
from corvo_agent.diagnostics.service import DiagnosticsService
from tests.h2_peer import Peer, connected, framed

from ..kit import served, until
from ..test_limits import Upload, call

PATH = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
LIST = framed(b"\x3a\x00")


@pytest.fixture
def reflection() -> ReflectionService:
    return ReflectionService(["a.A", "a.A"])


@pytest.fixture
async def peer(reflection: ReflectionService) -> AsyncIterator[Peer]:
    async with served(reflection) as address, connected(address) as made:
        yield made


def test_names_are_those_of_all_methods() -> None:
    assert list(dict.fromkeys(served_names([DiagnosticsService(), Upload()]))) == ["protos.Diagnostics", "other.Upload"]


async def test_one_stream_asks_many_times(peer: Peer) -> None:
    assert await call(peer, LIST * 3, PATH) == ("0", "")
    assert peer.data[1] == framed(b"\x12\x02\x3a\x00" + b"\x32\x07\x0a\x05\x0a\x03a.A") * 3


async def test_what_is_no_request_is_refused(peer: Peer) -> None:
    status, text = await call(peer, LIST + framed(b"\x3a\x05a"), PATH)
    assert (status, text.startswith("request: ServerReflectionRequest")) == ("3", True)
    assert await call(peer, framed(b"", length=5000), PATH) == ("8", "bytes of a message: at most 4096, got 5000")
    assert await call(peer, LIST, PATH) == ("0", "")


async def test_streams_are_bounded_and_leave_nothing_behind(peer: Peer, reflection: ReflectionService) -> None:
    streams = [await peer.request(PATH) for _ in range(64)]
    await until(lambda: reflection._streams.taken == 64)
    assert await call(peer, LIST, PATH) == ("8", "reflection streams at once: at most 64")
    for stream in streams:
        peer.h2.reset_stream(stream)
    await peer.flush()
    await until(lambda: reflection._streams.taken == 0)
