"""Messages come out as they went in, however the stream is cut, and errors as they were raised."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import (
    CorvoError,
    DecodeError,
    InvalidArgument,
    InvalidQuery,
    NotFound,
    RemoteError,
    ValidationFailed,
)
from corvo_agent.framing import Unpacker, pack, pack_error, unpack_error

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


@pytest.mark.parametrize(
    "error",
    [
        InvalidArgument("worker", "7", "which one?", ("1", "2")),
        InvalidQuery("unknown query: x"),
        NotFound("process", "shop"),
        ValidationFailed("module", ("one", "two")),
        CorvoError("not today"),
    ],
)
def test_an_error_of_ours_is_the_same_error_there(error: CorvoError) -> None:
    told = unpack_error(json.loads(json.dumps(pack_error(error))), "worker 1")
    assert (type(told), str(told), told.exit_code) == (type(error), str(error), error.exit_code)


def test_another_error_is_told_by_its_text() -> None:
    told = unpack_error(pack_error(KeyError("shop")), "worker 1")
    assert isinstance(told, RemoteError)
    assert str(told) == "worker 1 answered INTERNAL: KeyError: 'shop'"
