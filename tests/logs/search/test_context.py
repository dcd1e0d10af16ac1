"""Lines around those that match: as many as asked for, each once, in whatever blocks a file is read."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.logs.files.splitter import Chunk
from corvo_agent.logs.search.context import ContextSelector, context_query
from corvo_agent.logs.search.matcher import Matcher
from corvo_agent.logs.search.parameters import parse_query
from corvo_agent.logs.search.query import LogQuery, Order
from corvo_agent.logs.search.reader import LogReader
from corvo_agent.logs.tail.tailer import LogTailer

QUERY = LogQuery(fixed="boom")


def around(lines: list[bytes], count: int) -> list[tuple[bytes, bool]]:
    """The lines that are wanted, and whether they match."""
    places = [place for place, line in enumerate(lines) if b"boom" in line]
    return [(line, b"boom" in line) for at, line in enumerate(lines) if any(abs(at - one) <= count for one in places)]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.booleans(), min_size=1, max_size=40),
    st.integers(1, 4),
    st.sets(st.integers(0, 40)),
    st.booleans(),
)
def test_every_line_near_a_match_comes_once(matches: list[bool], count: int, cuts: set[int], backward: bool) -> None:
    lines = [b'{"n":"%d","msg":"%s"}' % (n, b"boom" if match else b"fine") for n, match in enumerate(matches)]
    content = b"".join(line + b"\n" for line in lines)
    borders = sorted({0, len(lines), *(cut for cut in cuts if cut < len(lines))})
    offsets = [sum(len(line) + 1 for line in lines[:border]) for border in borders]
    chunks = [Chunk(content, start, stop, 0) for start, stop in pairwise(offsets)]
    matcher = Matcher(QUERY, "/a.log", 1000)
    selector = ContextSelector(matcher, Matcher(context_query(QUERY), "/a.log", 1000), count)
    found: list[tuple[bytes, str]] = []
    for chunk in reversed(chunks) if backward else chunks:
        selected = selector.select(chunk, backward=backward)
        records = matcher.records(selected)
        part = [(data, record.get("corvo.context", "")) for data, record in zip(selected.data, records, strict=True)]
        found = part + found if backward else found + part
    assert [(data, distance == "") for data, distance in found] == around(lines, count)
    for data, distance in found:
        if distance:
            assert 1 <= abs(int(distance)) <= count
            assert b"boom" in lines[lines.index(data) - int(distance)]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
async def test_a_search_with_context(tmp_path: Path, packed: bool) -> None:
    lines = [b'{"n":"%d","msg":"%s"}' % (n, b"boom" if n % 500 == 0 else b"fine") for n in range(20_000)]
    path = tmp_path / ("app.log.1.gz" if packed else "app.log")
    content = b"".join(line + b"\n" for line in lines)
    path.write_bytes(gzip.compress(content) if packed else content)
    if packed:
        (tmp_path / "app.log").touch()
    expected = [str(n + d) for n in range(0, 20_000, 500) for d in range(-2, 3) if 0 <= n + d < 20_000]
    async with LogReader(str(tmp_path / "app.log")) as reader:
        for order in Order:
            result = await reader.read(LogQuery(fixed="boom", context=2, order=order))
            numbers = [record["n"] for record in result.records]
            assert numbers == (expected if order is Order.ASCENDING else expected[::-1])
        forward = await reader.read(LogQuery(fixed="boom", context=2, offset=0, columns=("n",)))
        assert [record["n"] for record in forward.records] == expected
        assert forward.records[:4] == [
            {"n": "0"},
            {"n": "1", "corvo.context": "+1"},
            {"n": "2", "corvo.context": "+2"},
            {"n": "498", "corvo.context": "-2"},
        ]
        # Without a condition every line matches.
        assert all("corvo.context" not in record for record in (await reader.read(LogQuery(context=2))).records)


def test_how_much_can_be_asked_for() -> None:
    assert parse_query({"context": "3"}, now=0).context == 3
    for text in ("-1", "101", "x"):
        with pytest.raises(InvalidArgument):
            parse_query({"context": text}, now=0)


async def test_it_is_not_for_a_log_that_is_followed(tmp_path: Path) -> None:
    async with LogTailer(str(tmp_path / "a.log")) as tailer:
        with pytest.raises(InvalidArgument, match="context"):
            await anext(tailer.follow(LogQuery(context=1)))
