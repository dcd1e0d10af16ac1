"""A caller that sends no message, or does not take its answer, is not waited for."""

from __future__ import annotations

from betterproto.lib.google.protobuf import BytesValue
from grpclib.const import Cardinality, Handler
from grpclib.server import Stream

from corvo_agent.diagnostics.calls import BoundedService, CallBounds, current_call, seconds_left
from corvo_agent.diagnostics.limits import ByteBudget
from corvo_agent.diagnostics.messages.payloads import decode_logs
from corvo_agent.diagnostics.messages.request_codec import payload_in, request_of
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import NotFound
from tests.h2_peer import connected, framed

from .kit import Echo, served
from .test_limits import call

PATH = "/test.Echo/Echo"


class Generated:
    """A service as betterproto generates one: it answers with ten thousand times the bytes."""

    async def __rpc_echo(self, stream: Stream[BytesValue, BytesValue]) -> None:
        request = await stream.recv_message()
        assert request is not None
        await stream.send_message(await self.echo(request))

    async def echo(self, request: BytesValue) -> BytesValue:
        raise NotImplementedError

    def __mapping__(self) -> dict[str, Handler]:
        return {PATH: Handler(self.__rpc_echo, Cardinality.UNARY_UNARY, BytesValue, BytesValue)}


class EchoService(BoundedService, Generated):
    def __init__(self, *, receive_timeout: float = 60.0, send_timeout: float = 60.0) -> None:
        self.bounds = CallBounds(100, ByteBudget(100), receive_timeout=receive_timeout, send_timeout=send_timeout)
        self.given_back: list[float | None] = []

    async def echo(self, request: BytesValue) -> BytesValue:
        if request.value == b"missing":
            raise NotFound("thing", "x")
        found = current_call()
        assert found is not None
        found.resources.callback(self.given_back.append, seconds_left())
        return BytesValue(request.value * 10_000)


def message(value: bytes) -> bytes:
    return framed(b"\x0a" + bytes([len(value)]) + value)


async def test_both_directions_are_bounded_in_time() -> None:
    async with served(EchoService(receive_timeout=0.2)) as address, connected(address) as peer:
        silent = await peer.request(PATH)
        assert (await peer.answer(silent))[0] == "4"
    async with served(EchoService(send_timeout=0.2)) as address, connected(address) as peer:
        assert await call(peer, message(b"x"), PATH) == ("0", "")
        peer.takes = False
        status, text = await call(peer, message(b"x" * 90), PATH)
        assert (status, text) == ("4", "the caller: its answer was not taken within 0.2 s")


async def test_errors_of_ours_are_statuses_and_malformed_requests_are_invalid() -> None:
    async with served(EchoService()) as address, connected(address) as peer:
        assert await call(peer, message(b"missing"), PATH) == ("5", "thing x not found")
        status, text = await call(peer, framed(b"\x0a\x05x"), PATH)
        assert (status, text[:45]) == ("3", "request: google.protobuf.BytesValue: 5 bytes ")


async def test_what_a_call_holds_is_given_back_when_its_answer_is_sent() -> None:
    service = EchoService(send_timeout=0.2)
    async with served(service) as address, connected(address) as peer:
        assert await call(peer, message(b"x"), PATH) == ("0", "")
        assert service.given_back == [None]
        peer.takes = False
        stuck = await peer.request(PATH)
        await peer.send(stuck, message(b"x" * 90), end=True)
        assert (await peer.answer(stuck))[0] == "4"
        assert service.given_back == [None, None]
    assert current_call() is None


async def test_a_service_may_be_asked_without_grpc() -> None:
    service = DiagnosticsService()
    service.register_handler("Log", Echo())
    response = await service.debug(request_of(DebugQuery("Log", {"a": "b"})))
    assert decode_logs(payload_in(response).value) == [{"a": "b"}]
    stream = service.debug_stream(request_of(DebugQuery("Log", {"count": "2"})))
    assert [decode_logs(payload_in(each).value) async for each in stream] == [[{"number": "0"}], [{"number": "1"}]]
    assert "0/16 queries" in repr(service)
