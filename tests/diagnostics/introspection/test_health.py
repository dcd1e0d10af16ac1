"""Health checks are bounded, and what is no request is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from corvo_agent.diagnostics.introspection.health import HealthService
from corvo_agent.diagnostics.service import DiagnosticsService
from tests.h2_peer import Peer, connected, framed

from ..kit import served, until
from ..test_limits import call

CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"


@pytest.fixture
async def service() -> AsyncIterator[DiagnosticsService]:
    async with DiagnosticsService() as made:
        yield made


@pytest.fixture
def health(service: DiagnosticsService) -> HealthService:
    return HealthService(service)


@pytest.fixture
async def peer(health: HealthService) -> AsyncIterator[Peer]:
    async with served(health) as address, connected(address) as made:
        yield made


@pytest.mark.parametrize("path", [CHECK, WATCH])
async def test_what_is_no_request_is_refused(peer: Peer, path: str) -> None:
    assert await peer.answer(await peer.request(path, end=True)) == ("3", "request: there is no message in it")
    status, text = await call(peer, framed(b"\x0a\x05a"), path)
    assert (status, text.startswith("request: grpc.health.v1.HealthCheckRequest")) == ("3", True)
    assert await call(peer, framed(b"", length=1 << 30), path) == (
        "8",
        f"bytes of a message: at most 4096, got {1 << 30}",
    )
    assert await call(peer, framed(b"\x0a\x01x"), CHECK) == ("5", "service x not found")


async def test_watchers_are_bounded_and_leave_nothing_behind(peer: Peer, health: HealthService) -> None:
    streams = [await peer.request(WATCH) for _ in range(64)]
    for stream in streams:
        await peer.send(stream, framed(b"\x0a\x01x" if stream == streams[0] else b""), end=True)
    for stream in streams:
        while not peer.data[stream]:
            await peer.receive()
    assert [peer.data[stream] for stream in streams] == [framed(b"\x08\x03"), *[framed(b"\x08\x01")] * 63]
    assert await call(peer, framed(b""), WATCH) == ("8", "health watches at once: at most 64")
    for stream in streams:
        peer.h2.reset_stream(stream)
    await peer.flush()
    await until(lambda: not health._watches.taken and not health._changed)
