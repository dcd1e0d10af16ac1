"""However the bytes are cut, the same messages come out; too long ones are refused."""

from __future__ import annotations

import contextlib
import itertools

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError, ResourceExhausted
from corvo_agent.modules.json.stream import JsonStream, parse_object

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=8), JSON, max_size=4), max_size=8)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def split(chunks: list[bytes], limit: int = 1000) -> list[bytes]:
    stream = JsonStream(limit)
    messages = [message for chunk in chunks for message in stream.feed(chunk)]
    return messages + stream.finish()


@settings(max_examples=50)
@given(objects=OBJECTS, places=st.lists(st.integers(0, 10_000), max_size=30), newline_at_end=st.booleans())
def test_any_chunking_gives_the_same_messages(
    objects: list[dict[str, object]], places: list[int], newline_at_end: bool
) -> None:
    data = b"\n".join(map(orjson.dumps, objects)) + b"\n" * newline_at_end
    assert [parse_object(message) for message in split(cut(data, places), limit=10**6)] == objects


@given(lines=st.lists(st.binary(max_size=30)), places=st.lists(st.integers(0, 10_000), max_size=30))
def test_the_bound_does_not_depend_on_the_chunks(lines: list[bytes], places: list[int]) -> None:
    data, limit = b"\n".join(lines), 20
    expected = []
    for line in data.split(b"\n"):
        if len(line) > limit:
            break
        expected += [line] if line and not line.isspace() else []
    stream, messages = JsonStream(limit), []
    try:
        for chunk in cut(data, places):
            messages += stream.feed(chunk)
        messages += stream.finish()
    except ResourceExhausted:
        assert max(map(len, data.split(b"\n"))) > limit
    else:
        assert max(map(len, data.split(b"\n"))) <= limit
    assert messages == expected


def test_a_tail_without_newline_is_a_message_at_the_end() -> None:
    stream = JsonStream()
    assert stream.feed(b'{"a":1}\n{"error"') == [b'{"a":1}']
    assert stream.pending == len(b'{"error"')
    assert stream.feed(b":{}}") == []
    assert stream.finish() == [b'{"error":{}}']
    assert stream.pending == 0
    assert stream.finish() == []


def test_empty_lines_are_no_messages() -> None:
    assert split([b"\n\n{}\r\n \n", b"\n{}", b"\n"]) == [b"{}\r", b"{}"]


def test_a_message_that_is_too_long_is_refused_again_and_again_and_gives_its_memory_back() -> None:
    stream = JsonStream(10)
    assert stream.feed(b"{}\n") == [b"{}"]
    assert stream.feed(b"123456") == []
    with pytest.raises(ResourceExhausted) as caught:
        stream.feed(b"78901")
    assert (caught.value.limit, caught.value.actual) == (10, 11)
    with pytest.raises(ResourceExhausted):
        stream.feed(b"\n")
    with pytest.raises(ResourceExhausted):
        stream.finish()


def test_messages_before_one_that_is_too_long_are_given() -> None:
    stream = JsonStream(10)
    assert stream.feed(b"1\n2\n" + b"x" * 11 + b"\n3\n") == [b"1", b"2"]
    with pytest.raises(ResourceExhausted):
        stream.feed(b"")


def test_a_large_message_in_many_pieces_is_joined_once() -> None:
    value = b'"' + b"x" * 4_000_000 + b'"'
    stream = JsonStream()
    for start in range(0, len(value), 1000):
        assert stream.feed(value[start : start + 1000]) == []
    assert stream.feed(b"\n") == [value]


@settings(max_examples=50)
@given(st.binary(max_size=200) | JSON.map(orjson.dumps))
def test_what_is_no_object_is_refused_by_name(message: bytes) -> None:
    with contextlib.suppress(DecodeError):
        assert isinstance(parse_object(message), dict)


@pytest.mark.parametrize(
    ("message", "reason"),
    [(b"[1]", "list, not an object"), (b"{", "not JSON"), (b'{"a":"\xff"}', "not JSON"), (b"[" * 10**5, "not JSON")],
)
def test_the_refusal_says_why(message: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        parse_object(message)
