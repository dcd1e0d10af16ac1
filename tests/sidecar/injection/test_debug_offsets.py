"""What an interpreter says of its structures is taken when it is known, and refused with the reason otherwise."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import Unsupported
from corvo_agent.sidecar.injection.debug_offsets import MARK, MOST, parse


def table(version: int = 0x030E0AF0, free_threaded: int = 0, **changed: int) -> bytes:
    """A runtime's beginning, as of a 3.14 of this machine's kind."""
    numbers = [0] * (MOST // 8)
    numbers[1:3] = version, free_threaded
    numbers[5] = 808
    numbers[6:11] = 225864, 7280, 7272, 7344, 7360
    numbers[22:29] = 832, 0, 8, 16, 72, 152, 160
    numbers[89:95] = 24, 304, 8076, 0, 4, changed.get("path_size", 512)
    return MARK + struct.pack(f"={len(numbers) - 1}Q", *numbers[1:])


def test_those_of_3_14_are_read() -> None:
    found = parse(table())
    assert (found.interpreters_head, found.threads_main, found.thread_native_id) == (808, 7360, 160)
    assert (found.pending_call, found.script_path, found.script_path_size) == (304, 308, 512)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "says nothing about itself"),
        (table(version=0x030D00F0), "how Python 3.13 lays out its threads is not known"),
        (table(version=0x030F00F0), "how Python 3.15 lays out its threads is not known"),
        (table(version=0x030E00B1), "no release"),
        (table(free_threaded=1), "without the interpreter lock"),
        (table(path_size=1 << 40), "makes no sense"),
    ],
)
def test_others_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        parse(data)


@given(st.binary(max_size=MOST))
def test_anything_is_read_or_refused(data: bytes) -> None:
    try:
        parse(MARK + data)
    except Unsupported:
        pass
