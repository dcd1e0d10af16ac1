"""How long a handler has, so that the caller hears of it; and what an answer consists of."""

from __future__ import annotations

import pytest

from corvo_agent.diagnostics.messages.request_codec import payload_in, response_of
from corvo_agent.diagnostics.query import DebugQuery, Payload, PiecedPayload
from corvo_agent.protobuf.codec import encode


@pytest.mark.parametrize(("timeout", "seconds"), [(None, None), (0.0, 0.0), (0.06, 0.03), (0.1, 0.05), (30.0, 29.95)])
def test_a_handler_has_somewhat_less_time_than_the_caller(timeout: float | None, seconds: float | None) -> None:
    assert DebugQuery("Log", timeout=timeout).seconds == seconds


def test_an_answer_in_pieces_travels_as_the_whole_one_does() -> None:
    pieced = PiecedPayload("t/protos.Logs", [b"ab", b"", b"c" * 300])
    assert (pieced.value, pieced.size) == (b"ab" + b"c" * 300, 302)
    whole = Payload("t/protos.Logs", pieced.value)
    assert (whole.pieces, whole.size) == ((pieced.value,), 302)
    assert encode(response_of(pieced)) == encode(response_of(whole))
    assert payload_in(response_of(pieced)).value == pieced.value
