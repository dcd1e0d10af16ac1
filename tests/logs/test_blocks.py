"""Chunks hold each line of a file once, whole, in order, forwards and backwards, whatever the block size."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.logs import blocks
from corvo_agent.logs.blocks import Chunk, Lines, backward, forward, last_line_end
from corvo_agent.logs.files import open_log


def result(steps: Generator[None, None, int]) -> int:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            value: int = stop.value
            return value


def collect(chunks: Iterator[Chunk | None], max_line: int) -> list[list[tuple[int, bytes, int]]]:
    """For each chunk its lines as (offset, what is kept, whole length)."""
    found = []
    for chunk in chunks:
        if chunk is not None:
            found.append(list(spread(chunk.lines(max_line))))
    return found


def spread(lines: Lines) -> Iterator[tuple[int, bytes, int]]:
    offset = lines.start
    for index, data in enumerate(lines.data):
        length = lines.cut.get(index, len(data))
        yield offset, data, length
        offset += length + 1


def joined(pieces: Iterable[list[tuple[int, bytes, int]]]) -> list[tuple[int, bytes, int]]:
    return list(chain.from_iterable(pieces))


def expected(content: bytes, max_line: int) -> list[tuple[int, bytes, int]]:
    offset, found = 0, []
    for line in content.split(b"\n")[:-1]:
        found.append((offset, line[:max_line], len(line)))
        offset += len(line) + 1
    return found


contents = st.lists(
    st.sampled_from([b"", b"x", b"\n", b"\n\n", b"\r\n", b"\0", b"abc\n", b"0123456789" * 3, b"y" * 70 + b"\n"]),
    max_size=30,
).map(b"".join)


@settings(max_examples=200, deadline=None)
@given(content=contents, max_line=st.integers(1, 80), block=st.integers(2, 40), count=st.integers(0, 12))
def test_chunks_are_the_lines(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, max_line: int, block: int, count: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "blocks.log"
    path.write_bytes(content)
    want = expected(content, max_line)
    with pytest.MonkeyPatch.context() as patch, open_log(str(path)) as log:
        patch.setattr(blocks, "LARGEST_BLOCK", block)
        patch.setattr(blocks, "SMALLEST_BLOCK", 1)
        end = result(last_line_end(log))
        assert end == content.rfind(b"\n") + 1
        assert joined(collect(forward(log, 0, end, max_line), max_line)) == want
        newest_first = collect(backward(log, end, max_line, first=block), max_line)
        assert joined(reversed(newest_first)) == want
        if len(want) > 2:
            start, stop = want[1][0], want[-1][0]
            assert joined(collect(forward(log, start, stop, max_line), max_line)) == want[1:-1]
            pieces = collect(backward(log, stop, max_line, start=start), max_line)
            assert joined(reversed(pieces)) == want[1:-1]
        for chunk in backward(log, end, max_line):
            if chunk is not None:
                some = list(spread(chunk.lines(max_line, count)))
                assert some == (list(spread(chunk.lines(max_line)))[-count:] if count else [])


def test_the_last_lines_of_a_chunk(tmp_path: Path) -> None:
    lines = Lines([b"a", b"bb", b"c"], 100, {1: 50})
    assert lines.last(5) is lines
    assert list(spread(lines.last(2))) == [(102, b"bb", 50), (153, b"c", 1)]
    assert list(spread(lines.last(1))) == [(153, b"c", 1)]
    assert len(lines.last(0)) == 0


def test_a_gigantic_line_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "giant.log"
    with path.open("wb") as file:
        file.write(b"before\n")
        file.truncate(7 + 50_000_000)
        file.seek(0, 2)
        file.write(b"\nafter\n")
    with open_log(str(path)) as log:
        end = result(last_line_end(log))
        steps: list[Any] = []
        biggest = 0
        for chunk in backward(log, end, 1000):
            steps.append(chunk)
            if chunk is not None:
                biggest = max(biggest, len(chunk.data))
                steps[-1] = list(spread(chunk.lines(1000)))
        assert biggest <= 1 << 20
        assert [step for step in steps if step is not None] == [
            [(50_000_008, b"after", 5)],
            [(7, bytes(1000), 50_000_000)],
            [(0, b"before", 6)],
        ]
        # It rests between blocks, so that the search can be stopped.
        assert steps.count(None) > 100
        assert [len(chunk.data) for chunk in forward(log, 7, end, 1000) if chunk is not None and chunk.length] == [1001]


def test_a_file_without_any_newline(tmp_path: Path) -> None:
    path = tmp_path / "none.log"
    path.write_bytes(b"x" * 600_000)
    with open_log(str(path)) as log:
        assert result(last_line_end(log)) == 0
