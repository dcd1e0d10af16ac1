"""Patterns over bytes find what the standard library's do, in whatever bytes."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corvo_agent.logs.dialects.byte_pattern import BytePattern

PATTERNS = ("a", "a+b", "\xff", "[\x80-\x9f]x", "a.b", "^a", "(?:ab|ba)c?", "\\n", "[^a]b")


@pytest.mark.parametrize("pattern", PATTERNS)
@example(data=b"a\nb")
@given(data=st.lists(st.sampled_from([b"a", b"b", b"c", b"\n", b"\xff", b"\x85", b"x", b"\0"])).map(b"".join))
def test_it_finds_what_re_finds(pattern: str, data: bytes) -> None:
    ours, theirs = BytePattern(pattern), re.compile(pattern.encode("latin-1"), re.DOTALL)
    found = theirs.search(data)
    assert ours.find(data, 0, len(data)) == (-1 if found is None else found.start())
    assert ours.begins(data, 0, len(data)) is (theirs.match(data) is not None)


def test_it_looks_between_two_places_only() -> None:
    pattern, data = BytePattern("ab"), bytearray(b"xabxab")
    assert pattern.find(data, 0, 6) == 1
    assert pattern.find(data, 2, 6) == 4
    assert pattern.find(data, 2, 5) == -1
    assert pattern.begins(data, 4, 6)
    assert not pattern.begins(data, 0, 6)
