"""Patterns: RE2's, a line at a time or a block at once, always in bounded time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.logs.search.pattern import Pattern, quoted


@pytest.mark.parametrize("text", ["(", "a**", r"(a)\1", "(?=x)", "x" * 1001, r"(\pL{100}){9}", "\ud800", "[z-a]"])
def test_what_is_no_pattern_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Pattern(text, "field.msg")
    assert caught.value.what == "field.msg"


def test_lines_end_where_they_end() -> None:
    assert Pattern("^b$").search(b"b")
    assert Pattern("^b$").search(b"a\nb\nc")
    assert not Pattern("a.b").search(b"a\nb")
    assert Pattern("é.").search("né!".encode())


def test_a_pattern_that_backtracking_would_never_end_ends() -> None:
    assert not Pattern("(a*)*(b|c)*(a|aa)+$x").search(b"a" * 100_000)


def test_quoted_text_means_itself() -> None:
    text = r'a.b*c"\d[x]{2}é'
    assert Pattern(quoted(text)).search(text.encode())
    assert not Pattern(quoted("a.c")).search(b"abc")


pieces = st.sampled_from(
    [
        *(
            "a",
            "b",
            ".",
            "^",
            "$",
            r"\b",
            "[^a]",
            r"\s",
            r"\w",
            "(?i:A)",
            "a*",
            "b+",
            "|",
            "é",
            "x{2}",
            "(ab)",
            r"\W",
            " ",
        )
    ]
)
parts = st.sampled_from([b"a", b"b", b"A", b" ", b"x", "é".encode(), b"\r", b"\xff"])
texts = st.lists(parts, max_size=5).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, min_size=1, max_size=5).map("".join), st.lists(texts, min_size=1, max_size=6))
def test_in_a_block_the_same_lines_match_as_one_by_one(text: str, lines: list[bytes]) -> None:
    try:
        pattern = Pattern(text)
    except InvalidArgument:
        return
    assert pattern.spans_blocks
    block = bytearray(b"junk\n" + b"\n".join(lines) + b"\njunk")
    start, end = 5, len(block) - 5
    found = set()
    position = start
    while position <= end and (at := pattern.find(block, position, end)) >= 0:
        found.add(block.count(b"\n", 0, at) - 1)
        position = block.find(b"\n", at) + 1
    assert found == {index for index, line in enumerate(lines) if pattern.search(line)}


@pytest.mark.parametrize("text", [r"\Aa", r"a\z", r"\C", "(?s)a.b", "(?-m)^a", "(?im-s:a)"])
def test_patterns_about_the_whole_text_are_not_for_blocks(text: str) -> None:
    assert not Pattern(text).spans_blocks
