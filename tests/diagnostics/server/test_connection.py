"""Connections that no honest client has are closed, honest ones are kept."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError
from h2.errors import ErrorCodes
from hyperframe.frame import DataFrame, ExtensionFrame, PingFrame, SettingsFrame, WindowUpdateFrame

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.payloads import string_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.diagnostics.server.connection import Rate
from corvo_agent.diagnostics.server.server import DiagnosticsServer, ServerLimits
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import Unavailable
from corvo_agent.tasks import end_task
from tests.diagnostics.kit import Echo, Gate, until
from tests.diagnostics.test_limits import GOOD
from tests.h2_peer import connected


class Long(Echo):
    """Answers with four mebibytes."""

    async def handle(self, query: DebugQuery) -> Payload:
        return string_payload("x" * (4 << 20))


def serving(**limits: float) -> DiagnosticsServer:
    service = DiagnosticsService()
    service.register_handler("Log", Echo())
    return DiagnosticsServer([service], limits=ServerLimits(**limits))  # type: ignore[arg-type]


def test_a_rate_allows_a_burst_and_then_its_pace() -> None:
    rate = Rate(10, now=0)
    assert all(rate.allow(0) for _ in range(100))
    assert not rate.allow(0)
    assert [rate.allow(1.0) for _ in range(9)] == [True] * 9
    assert not rate.allow(1.0)
    assert all(rate.allow(1000.0) for _ in range(100))


async def test_opening_and_resetting_streams_is_stopped() -> None:
    async with serving(resets=10) as server, connected(server.address) as peer:
        for _ in range(90):
            peer.h2.reset_stream(peer.open())
        await peer.flush()
        stream = await peer.request()
        await peer.send(stream, GOOD, end=True)
        assert await peer.answer(stream) == ("0", "")
        for _ in range(900):
            peer.h2.reset_stream(peer.open())
        await peer.flush()
        await peer.until_closed()
        assert peer.terminated is not None
        assert peer.terminated.error_code is ErrorCodes.ENHANCE_YOUR_CALM
        async with DiagnosticsClient(server.address) as client:
            await client.logs()


class Turns:
    """A service with the call /test/Turns, and in which turn of the loop each of its calls began."""

    def __init__(self) -> None:
        self.now = 0
        self.began: list[int] = []

    async def call(self, _: Any) -> None:
        self.began.append(self.now)
        raise GRPCError(Status.ABORTED, "it was only counted")

    async def count(self) -> None:
        """Count the turns until cancelled."""
        while True:
            self.now += 1
            await asyncio.sleep(0)

    def __mapping__(self) -> dict[str, Handler]:
        return {"/test/Turns": Handler(self.call, Cardinality.UNARY_UNARY, object, object)}


async def test_calls_that_come_in_one_piece_leave_the_loop_its_turns() -> None:
    turns, calls = Turns(), 90
    async with DiagnosticsServer([turns]) as server, connected(server.address) as peer:
        counting = asyncio.create_task(turns.count())
        for _ in range(calls):
            peer.open("/test/Turns")
        await peer.flush()
        await until(lambda: len(turns.began) == calls)
        await end_task(counting)
    assert len(set(turns.began)) > 1


async def test_a_flood_of_data_for_a_call_that_is_over_is_stopped() -> None:
    async with serving(control_frames=10) as server, connected(server.address) as peer:
        stream = await peer.request("/protos.Diagnostics/Unknown")
        await peer.answer(stream)
        await peer.send_raw(DataFrame(stream, b"").serialize() * 500)
        await peer.until_closed()
        assert peer.terminated is not None
        assert peer.terminated.error_code is ErrorCodes.ENHANCE_YOUR_CALM


async def test_a_connection_that_is_over_leaves_nothing_to_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        async with serving() as server:
            async with connected(server.address) as peer:
                stream = await peer.request()
                await peer.send(stream, GOOD, end=True)
                await peer.answer(stream)
                (connection,) = map(weakref.ref, server._connections._open)
            await until(lambda: connection() is None)
    finally:
        gc.enable()


async def test_a_flood_of_pings_is_stopped() -> None:
    async with serving(control_frames=10) as server, connected(server.address) as peer:
        for number in range(500):
            peer.h2.ping(number.to_bytes(8, "big"))
        await peer.flush()
        await peer.until_closed()
        assert peer.terminated is not None
        assert peer.terminated.error_code is ErrorCodes.ENHANCE_YOUR_CALM


def unknown_frame(stream: int) -> bytes:
    """A frame of a type that HTTP/2 does not have."""
    frame = ExtensionFrame(0xBA, stream, flag_byte=0x55)
    frame.parse_body(memoryview(b"something"))
    return frame.serialize()


async def test_frames_of_an_unknown_type_are_ignored() -> None:
    async with serving() as server, connected(server.address) as peer:
        stream = await peer.request()
        for number in (0, stream):
            await peer.send_raw(unknown_frame(number))
        await peer.send(stream, GOOD, end=True)
        assert await peer.answer(stream) == ("0", "")


def floods() -> dict[str, Callable[[int], bytes]]:
    """Frames without content that end nothing, by the stream they are sent on."""
    ack = PingFrame(0, b"12345678")
    ack.flags.add("ACK")
    settings = SettingsFrame(0)
    settings.flags.add("ACK")
    return {
        "ping acks": lambda _: ack.serialize(),
        "settings acks": lambda _: settings.serialize(),
        "window updates": lambda _: WindowUpdateFrame(0, 1).serialize(),
        "window updates of a stream": lambda stream: WindowUpdateFrame(stream, 1).serialize(),
        "empty data": lambda stream: DataFrame(stream, b"").serialize(),
        "unknown frames": unknown_frame,
    }


@pytest.mark.parametrize("kind", floods())
async def test_a_flood_of_frames_without_content_is_stopped(kind: str) -> None:
    async with serving(control_frames=10) as server, connected(server.address) as peer:
        stream = await peer.request()
        await peer.send_raw(floods()[kind](stream) * 500)
        await peer.until_closed()
        assert peer.terminated is not None
        assert peer.terminated.error_code is ErrorCodes.ENHANCE_YOUR_CALM
        async with DiagnosticsClient(server.address) as client:
            await client.logs()


async def test_window_updates_for_what_was_sent_are_no_flood() -> None:
    service = DiagnosticsService()
    service.register_handler("Long", Long())
    async with (
        DiagnosticsServer([service], limits=ServerLimits(control_frames=1)) as server,
        DiagnosticsClient(server.address) as client,
    ):
        for _ in range(4):
            payload = await client.debug("Long")
            assert len(payload.value) > 4 << 20


async def test_a_connection_that_says_nothing_is_closed() -> None:
    async with serving(hello_timeout=0.01) as server:
        reader, writer = await asyncio.open_connection(*server.address.split(":"))
        await reader.read()
        writer.close()
        await writer.wait_closed()


async def asked(client: DiagnosticsClient) -> None:
    """Ask; a crowded machine may come to the call only when the new connection counts as idle."""
    while True:
        with suppress(Unavailable):
            await client.logs()
            return


async def test_an_idle_connection_is_closed_and_a_later_call_connects_again() -> None:
    async with serving(idle_timeout=0.01) as server, DiagnosticsClient(server.address) as client:
        await asked(client)
        await until(lambda: not len(server._connections))
        await until(lambda: not client.connected)
        await asked(client)


async def test_a_connection_with_a_call_is_not_idle() -> None:
    gate = Gate()
    service = DiagnosticsService()
    service.register_handler("Gate", gate)
    limits = ServerLimits(idle_timeout=0.01)
    async with DiagnosticsServer([service], limits=limits) as server, DiagnosticsClient(server.address) as client:
        entered = asyncio.create_task(gate.entered.acquire())
        while not entered.done():
            # A crowded machine may come to the call only when the new connection counts as idle.
            call = asyncio.create_task(client.debug("Gate"))
            await asyncio.wait({call, entered}, return_when=asyncio.FIRST_COMPLETED)
            assert not call.done() or isinstance(call.exception(), Unavailable)
        async with connected(server.address) as other:  # opened later, and closed for being idle before
            await other.until_closed()
        gate.open.set()
        await call


async def test_one_connection_too_many_takes_the_place_of_the_idle_one() -> None:
    async with (
        serving(connections=2) as server,
        connected(server.address) as oldest,
        connected(server.address) as older,
    ):
        await until(lambda: len(server._connections) == 2)
        stream = await older.request()
        await until(lambda: any(each.busy for each in server._connections._open))
        async with connected(server.address) as newest:
            await oldest.until_closed()
            for peer, number in ((older, stream), (newest, await newest.request())):
                await peer.send(number, GOOD, end=True)
                assert await peer.answer(number) == ("0", "")


async def test_when_all_are_busy_the_new_one_is_refused() -> None:
    async with serving(connections=1) as server, connected(server.address) as busy:
        stream = await busy.request()
        await until(lambda: any(each.busy for each in server._connections._open))
        async with DiagnosticsClient(server.address) as client:
            with pytest.raises(Unavailable):
                await client.logs()
        # A client that hears of it before it has asked tries again.
        assert server._connections.refused >= 1
        await busy.send(stream, GOOD, end=True)
        assert await busy.answer(stream) == ("0", "")


async def test_what_is_not_http2_is_closed() -> None:
    async with serving() as server:
        reader, writer = await asyncio.open_connection(*server.address.split(":"))
        writer.write(b"GET / HTTP/1.1\r\n\r\n" * 10)
        await reader.read()
        writer.close()
        await writer.wait_closed()
        await until(lambda: not len(server._connections))
