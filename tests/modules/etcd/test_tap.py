"""What is one whole chunk, and what is left to aiohttp."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.modules.etcd.tap import whole_chunk


def chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


@given(st.binary(min_size=1, max_size=300))
def test_a_chunk_gives_its_body(body: bytes) -> None:
    assert whole_chunk(chunk(body)) == body


@given(st.binary(min_size=1, max_size=40), st.integers(0, 60), st.binary(max_size=5))
def test_a_part_of_a_chunk_or_more_than_one_is_none(body: bytes, end: int, behind: bytes) -> None:
    whole = chunk(body)
    part = whole[:end] if end < len(whole) else whole + behind + b"\r\n"
    assert whole_chunk(part) == b""


@pytest.mark.parametrize(
    "data",
    [b"", b"\r\n", b"0\r\n\r\n", b"1\r\n", b"-1\r\n\r", b"A\r\n0123456789\r\n", b"01\r\na\r\n", b"1;x=y\r\na\r\n"],
)
def test_the_last_chunk_and_other_spellings_are_left_to_aiohttp(data: bytes) -> None:
    assert whole_chunk(data) == b""
