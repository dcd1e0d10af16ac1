"""Chunks hold each line of a file once, whole, in order, forwards and backwards, whatever the block size."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corvo_agent.logs.files import blocks
from corvo_agent.logs.files.blocks import backward, forward, last_line_end
from corvo_agent.logs.files.framing import JOINED, LINES, Framing
from corvo_agent.logs.files.log_file import open_log
from corvo_agent.logs.files.splitter import Chunk


def result(steps: Generator[None, None, int]) -> int:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            value: int = stop.value
            return value


def collect(
    chunks: Iterator[Chunk | None], max_unit: int, framing: Framing = LINES
) -> list[list[tuple[int, bytes, int]]]:
    """For each chunk its units as (offset, what is kept, whole length)."""
    found = []
    for chunk in chunks:
        if chunk is not None:
            lines = chunk.lines(framing, max_unit)
            found.append([(lines.offset(i), lines.data[i], lines.length(i)) for i in range(len(lines))])
    return found


def joined(pieces: Iterable[list[tuple[int, bytes, int]]]) -> list[tuple[int, bytes, int]]:
    return list(chain.from_iterable(pieces))


def expected(content: bytes, framing: Framing, max_unit: int) -> list[tuple[int, bytes, int]]:
    units: list[bytes] = []
    for index, line in enumerate(content.split(b"\n")[:-1]):
        if framing is LINES or index == 0 or line.startswith(b"{"):
            units.append(line)
        else:
            units[-1] += b"\n" + line
    offset, found = 0, []
    for unit in units:
        kept = unit.lstrip(b"\0") if len(unit) > max_unit else unit  # a hole before a line is not kept
        found.append((offset, kept[:max_unit], len(unit)))
        offset += len(unit) + 1
    return found


contents = st.lists(
    st.sampled_from([b"", b"x", b"{", b"\n", b"\n{", b"\r\n", b"\0", b"abc\n", b"0123456789" * 3, b"y" * 70 + b"\n"]),
    max_size=30,
).map(b"".join)


@settings(max_examples=150, deadline=None)
@given(contents, st.sampled_from([LINES, JOINED]), st.integers(1, 80), st.integers(2, 40))
@example(b"\n\0\n", LINES, 1, 2)
def test_chunks_are_the_units(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, framing: Framing, max_unit: int, block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "blocks.log"
    path.write_bytes(content)
    want = expected(content, framing, max_unit)
    with pytest.MonkeyPatch.context() as patch, open_log(str(path)) as log:
        patch.setattr(blocks, "LARGEST_BLOCK", block)
        patch.setattr(blocks, "SMALLEST_BLOCK", 1)
        end = result(last_line_end(log))
        assert end == content.rfind(b"\n") + 1
        assert joined(collect(forward(log, 0, end, framing, max_unit), max_unit, framing)) == want
        newest_first = collect(backward(log, 0, end, framing, max_unit, first=block), max_unit, framing)
        assert joined(reversed(newest_first)) == want
        if len(want) > 2:
            start, stop = want[1][0], want[-1][0]
            pieces = collect(forward(log, start, stop, framing, max_unit), max_unit, framing)
            assert joined(pieces) == want[1:-1]
            pieces = collect(backward(log, start, stop, framing, max_unit), max_unit, framing)
            assert joined(reversed(pieces)) == want[1:-1]


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
        for chunk in backward(log, 0, end, LINES, 1000):
            steps.append(chunk)
            if chunk is not None:
                biggest = max(biggest, len(chunk.data))
                steps[-1] = collect(iter([chunk]), 1000)[0]
        assert biggest <= 1 << 20
        assert [step for step in steps if step is not None] == [
            [(50_000_008, b"after", 5)],
            [(7, b"", 50_000_000)],
            [(0, b"before", 6)],
        ]
        # It rests between blocks, so that the search can be stopped.
        assert steps.count(None) > 100
        assert [
            len(chunk.data) for chunk in forward(log, 7, end, LINES, 1000) if chunk is not None and chunk.length
        ] == [1]


def test_a_file_without_any_newline(tmp_path: Path) -> None:
    path = tmp_path / "none.log"
    path.write_bytes(b"x" * 600_000)
    with open_log(str(path)) as log:
        assert result(last_line_end(log)) == 0
