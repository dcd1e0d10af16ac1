"""Units are split alike, whether a file is read backwards, forwards or as a stream, by bytes or by looking at lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.logs.files import blocks
from corvo_agent.logs.files.blocks import backward, forward
from corvo_agent.logs.files.framing import JOINED, LINES, Framing, LineFraming
from corvo_agent.logs.files.log_file import open_log
from corvo_agent.logs.files.splitter import Chunk, Splitter

#: A line starts a unit with "h", and goes on with "+" at its end.
HEADS = LineFraming(
    lambda line: line.startswith(b"h"),
    lambda data, floor, newline: newline > floor and data[newline - 1 : newline] == b"+",
)

contents = st.lists(st.sampled_from([b"h", b"head", b" more", b"h+", b"", b"x+", b"h" * 40]), min_size=1, max_size=40)


def expected(lines: list[bytes]) -> list[bytes]:
    units: list[bytes] = []
    for index, line in enumerate(lines):
        if index and (not line.startswith(b"h") or lines[index - 1].endswith(b"+")):
            units[-1] += b"\n" + line
        else:
            units.append(line)
    return units


def units_of(chunks: list[Chunk], framing: Framing) -> list[bytes]:
    return [unit for chunk in chunks for unit in chunk.lines(framing, 10_000).data]


@settings(max_examples=150, deadline=None)
@given(contents, st.integers(4, 60))
def test_a_file_is_split_alike_in_both_directions(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], block: int
) -> None:
    content = b"\n".join(lines) + b"\n"
    path = tmp_path_factory.getbasetemp() / "framing.log"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch, open_log(str(path)) as log:
        patch.setattr(blocks, "LARGEST_BLOCK", block)
        patch.setattr(blocks, "SMALLEST_BLOCK", 4)
        newest_first: list[list[bytes]] = []
        for chunk in backward(log, 0, len(content), HEADS, 10_000, first=block):
            if chunk is not None:
                newest_first.append(chunk.lines(HEADS, 10_000).data)
        assert [unit for units in reversed(newest_first) for unit in units] == expected(lines)
        oldest_first: list[bytes] = []
        for chunk in forward(log, 0, len(content), HEADS, 10_000):
            if chunk is not None:
                oldest_first += chunk.lines(HEADS, 10_000).data
        assert oldest_first == expected(lines)


@settings(max_examples=150, deadline=None)
@given(contents, st.integers(1, 30))
def test_a_stream_is_split_alike(lines: list[bytes], size: int) -> None:
    content = b"\n".join(lines) + b"\n"
    splitter = Splitter(HEADS, 10_000)
    chunks = [chunk for start in range(0, len(content), size) for chunk in splitter.feed(content[start : start + size])]
    assert units_of([*chunks, *splitter.finish()], HEADS) == expected(lines)


@given(contents, st.integers(0, 5))
def test_the_last_units_of_a_text(lines: list[bytes], count: int) -> None:
    parts = HEADS.split(b"\n".join(lines), count)
    assert b"\n".join(parts) == b"\n".join(lines)
    assert parts[1:] == expected(lines)[len(expected(lines)) - len(parts) + 1 :]


def test_which_lines_may_start_a_unit() -> None:
    assert [framing.starts(b"{}") for framing in (LINES, JOINED, HEADS)] == [True, True, False]
    assert [framing.starts(b"head") for framing in (LINES, JOINED, HEADS)] == [True, False, True]
