"""Messages come out as they went in, however the stream is cut."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError
from corvo_agent.stub.frames import Unpacker, pack

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))
MESSAGES = st.lists(st.tuples(st.dictionaries(st.text(), JSON, max_size=4), st.binary(max_size=50)), max_size=5)


@given(MESSAGES, st.integers(1, 40))
def test_any_cut_gives_the_same_messages(messages: list[tuple[dict[str, Any], bytes]], size: int) -> None:
    stream = b"".join(pack(message, body) for message, body in messages)
    unpacker = Unpacker()
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert [found for piece in pieces for found in unpacker.feed(piece)] == messages


@pytest.mark.parametrize("data", [b"\xff" * 8, b"\0\0\0\2\0\0\0\0[]", b"\0\0\0\1\0\0\0\0{"])
def test_what_no_stub_sends_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        list(Unpacker().feed(data))
