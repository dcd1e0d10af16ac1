"""A caller that sends no message, or does not take its answer, is not waited for."""

from __future__ import annotations

from grpclib.const import Cardinality, Handler

from corvo_agent.diagnostics.limits import ByteBudget, RawMessage
from corvo_agent.diagnostics.raw_calls import RawStream, as_status, receive_within, send_within
from tests.h2_peer import connected, framed

from .kit import served
from .test_limits import call

PATH = "/raw.Echo/Echo"


class Echo:
    def __mapping__(self) -> dict[str, Handler]:
        return {PATH: Handler(self.echo, Cardinality.UNARY_UNARY, RawMessage, RawMessage)}

    async def echo(self, stream: RawStream) -> None:
        with as_status():
            data = await receive_within(stream, 0.2, 100, ByteBudget(100))
            await send_within(stream, 0.2, RawMessage((data or b"") * 10_000))


async def test_both_directions_are_bounded_in_time() -> None:
    async with served(Echo()) as address, connected(address) as peer:
        assert await call(peer, framed(b"x"), PATH) == ("0", "")
        silent = await peer.request(PATH)
        assert (await peer.answer(silent))[0] == "4"
        peer.takes = False
        status, text = await call(peer, framed(b"x" * 90), PATH)
        assert (status, text) == ("4", "the caller: its answer was not taken within 0.2 s")
