"""Messages are refused before they are buffered, and the connection stays usable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest
from grpclib.const import Cardinality, Handler
from grpclib.server import Stream
from hypothesis import HealthCheck, given, settings

from corvo_agent.diagnostics.calls import CallBounds
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.limits import ByteBudget
from corvo_agent.diagnostics.messages.payloads import decode_logs
from corvo_agent.diagnostics.service import DiagnosticsService, ServiceLimits
from corvo_agent.errors import ResourceExhausted
from tests.h2_peer import Peer, connected, framed
from tests.raw_message import RawMessage

from .kit import Echo, request_bytes, served, until
from .strategies import NEARLY_PROTOBUF

GOOD = framed(request_bytes("Log", {"a": "b"}))
UPLOAD = "/other.Upload/Join"
OK, INVALID_ARGUMENT, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED = "0", "3", "4", "8", "12"


def service(**limits: float) -> DiagnosticsService:
    made = DiagnosticsService(limits=ServiceLimits(**limits))  # type: ignore[arg-type]
    made.register_handler("Log", Echo())
    return made


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with served(service()) as address, connected(address) as made:
        yield made


async def call(peer: Peer, data: bytes, path: str = "/protos.Diagnostics/Debug") -> tuple[str, str]:
    stream = await peer.request(path)
    await peer.send(stream, data, end=True)
    return await peer.answer(stream)


async def test_a_good_message(peer: Peer) -> None:
    assert await call(peer, GOOD) == (OK, "")


@pytest.mark.parametrize("path", ["/protos.Diagnostics/Debug", "/protos.Diagnostics/DebugStream"])
async def test_a_message_of_two_gigabytes_costs_nothing(peer: Peer, path: str) -> None:
    await call(peer, GOOD)
    before = psutil.Process().memory_info().rss
    for _ in range(5):
        stream = await peer.request(path)
        await peer.send(stream, framed(bytes(3 << 20), length=2 << 30))
        status, text = await peer.answer(stream)
        assert (status, text) == (RESOURCE_EXHAUSTED, f"bytes of a message: at most {4 << 20}, got {2 << 30}")
    assert psutil.Process().memory_info().rss - before < 16 << 20
    assert await call(peer, GOOD) == (OK, "")


async def test_the_bound_itself_passes_and_one_byte_more_does_not() -> None:
    message = request_bytes("Log", {"a": "x" * 5000})
    async with served(service(request_bytes=len(message))) as address, connected(address) as peer:
        assert await call(peer, framed(message)) == (OK, "")
        assert (await call(peer, framed(message + b"\x00")))[0] == RESOURCE_EXHAUSTED


async def test_four_megabytes_arrive_whole() -> None:
    async with served(service()) as address, DiagnosticsClient(address) as client:
        value = "x" * (4_000_000)
        (record,) = decode_logs((await client.debug("Log", {"a": value})).value)
        assert record == {"a": value}


@pytest.mark.parametrize(
    ("data", "status", "text"),
    [
        (b"", INVALID_ARGUMENT, "request: there is no message in it"),
        (b"\x00\x00", INVALID_ARGUMENT, "request: message: the stream ends in the middle of it"),
        (framed(b"abc", length=9), INVALID_ARGUMENT, "request: message: the stream ends in the middle of it"),
        (framed(b"", length=9), INVALID_ARGUMENT, "request: message: it ends after 0 of 9 bytes"),
        (framed(b"\xff\xff"), INVALID_ARGUMENT, "request: diagnostics.DiagnosticsRequest: it ends in the middle of"),
        (framed(b"\x1a\x01\xff"), INVALID_ARGUMENT, "request: diagnostics.DiagnosticsRequest: text that is not UTF-8"),
        (framed(b""), INVALID_ARGUMENT, "unknown query:"),
        (framed(b"abc", flag=1), UNIMPLEMENTED, "a compressed message is not possible here: send it without"),
        (framed(b"abc", flag=255), UNIMPLEMENTED, "a compressed message is not possible here: send it without"),
    ],
    ids=["nothing", "half a prefix", "half", "prefix only", "malformed", "not text", "empty", "compressed", "flag 255"],
)
async def test_what_is_no_message_is_refused_and_the_connection_goes_on(
    peer: Peer, data: bytes, status: str, text: str
) -> None:
    if data:
        answer = await call(peer, data)
    else:
        answer = await peer.answer(await peer.request(end=True))
    assert (answer[0], answer[1][: len(text)]) == (status, text)
    assert await call(peer, GOOD) == (OK, "")


async def test_any_bytes_get_a_status(peer: Peer) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(NEARLY_PROTOBUF)
    def run(data: bytes) -> None:
        status, _ = asyncio.run_coroutine_threadsafe(call(peer, framed(data)), loop).result(30)
        assert status == INVALID_ARGUMENT

    await asyncio.to_thread(run)
    assert await call(peer, GOOD) == (OK, "")


async def test_a_message_that_does_not_come_is_not_waited_for() -> None:
    async with served(service(receive_timeout=0.01)) as address, connected(address) as peer:
        stream = await peer.request()
        await peer.send(stream, GOOD[:7])
        status, text = await peer.answer(stream)
        assert (status, text) == (DEADLINE_EXCEEDED, "the caller: no request within 0.01 s")


async def test_many_messages_at_once_are_bounded_together() -> None:
    limited = service(request_bytes=1000, received_bytes=1500)
    async with served(limited) as address, connected(address) as peer:
        first, second = await peer.request(), await peer.request()
        await peer.send(first, framed(b"", length=1000))
        await until(lambda: limited.bounds.budget.used == 1000)
        await peer.send(second, framed(b"", length=600))
        status, text = await peer.answer(second)
        assert (status, text) == (RESOURCE_EXHAUSTED, "bytes of messages being received: at most 1500, got 1600")
        peer.h2.reset_stream(first)
        await peer.flush()
        await until(lambda: limited.bounds.budget.used == 0)
        assert await call(peer, GOOD) == (OK, "")


async def test_a_message_in_single_bytes_is_one_message(peer: Peer) -> None:
    stream = await peer.request()
    for index in range(len(GOOD)):
        peer.h2.send_data(stream, GOOD[index : index + 1], end_stream=index == len(GOOD) - 1)
        await peer.flush()
    assert await peer.answer(stream) == (OK, "")


def test_a_budget_counts_what_is_held() -> None:
    budget = ByteBudget(10)
    with budget.reserve(6):
        with pytest.raises(ResourceExhausted, match="at most 10, got 11"), budget.reserve(5):
            raise AssertionError("unreachable")
        with budget.reserve(4):
            assert budget.used == 10
    assert budget.used == 0


class Upload:
    """A service of somebody else's: joins what is streamed to it. Bounded only when it gets a ``limit``."""

    def __init__(self, limit: int | None = None) -> None:
        handler = Handler(self.join, Cardinality.STREAM_UNARY, RawMessage, RawMessage)
        self._mapping = {UPLOAD: handler if limit is None else CallBounds(limit, ByteBudget(limit)).around(handler)}

    def __mapping__(self) -> dict[str, Handler]:
        return self._mapping

    async def join(self, stream: Stream[RawMessage, RawMessage]) -> None:
        total = b"".join([message.value async for message in stream])
        await stream.send_message(RawMessage(total))


async def test_any_service_can_be_bounded() -> None:
    async with served(Upload(10)) as address, connected(address) as peer:
        path = UPLOAD
        assert await call(peer, framed(b"abc") + framed(b"") + framed(b"defghijklm"), path) == (OK, "")
        assert peer.data[1] == framed(b"abcdefghijklm")
        status, text = await call(peer, framed(b"abc") + framed(b"12345678901"), path)
        assert (status, text) == (RESOURCE_EXHAUSTED, "bytes of a message: at most 10, got 11")


async def test_answers_are_bounded_before_they_are_buffered() -> None:
    async with served(service()) as address, DiagnosticsClient(address, max_message=1000) as client:
        await client.debug("Log", {"a": "x" * 800})
        with pytest.raises(ResourceExhausted, match="bytes of a message: at most 1000, got"):
            await client.debug("Log", {"a": "x" * 100_000})
        await client.debug("Log", {"a": "x" * 800})
