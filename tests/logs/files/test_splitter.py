"""Any pieces of any bytes give the same units, and no more is held than the bound."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.logs.files.framing import JOINED, LINES, Framing
from corvo_agent.logs.files.splitter import Chunk, Lines, Splitter

Unit = tuple[int, bytes, int]

pieces = st.lists(
    st.sampled_from([b"", b"\n", b"\n\n", b"{", b"\n{", b"x", b'{"a":1}\n', b" at\n", b"y" * 50, b"\r\n", b"\0\xff"]),
    max_size=40,
)


def expected(content: bytes, framing: Framing, max_unit: int) -> list[Unit]:
    """The units of content as (offset, what is kept, whole length); one that is not ended counts, too."""
    lines = content.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    units: list[bytes] = []
    for index, line in enumerate(lines):
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


def spread(chunks: list[Chunk], framing: Framing, max_unit: int) -> list[Unit]:
    found = []
    for chunk in chunks:
        lines = chunk.lines(framing, max_unit)
        found += [(lines.offset(index), lines.data[index], lines.length(index)) for index in range(len(lines))]
    return found


@settings(max_examples=300, deadline=None)
@given(pieces, st.sampled_from([LINES, JOINED]), st.integers(1, 120))
def test_any_pieces_give_the_same_units(parts: list[bytes], framing: Framing, max_unit: int) -> None:
    splitter = Splitter(framing, max_unit)
    chunks = []
    for part in parts:
        chunks += splitter.feed(part)
        assert len(splitter._pending) <= max_unit + 2
    assert splitter.waiting == bool(splitter._pending)
    chunks += splitter.finish()
    assert spread(chunks, framing, max_unit) == expected(b"".join(parts), framing, max_unit)
    assert not splitter.waiting
    assert splitter.finish() == []


def test_a_rest_lets_whole_lines_go_out() -> None:
    splitter = Splitter(JOINED, 100, offset=50)
    assert splitter.feed(b'{"a":1}\n  more\nhal') == []
    (chunk,) = splitter.pause()
    assert spread([chunk], JOINED, 100) == [(50, b'{"a":1}\n  more', 14)]
    assert splitter.pause() == []
    assert spread(splitter.feed(b"f\n{"), JOINED, 100) == [(65, b"half", 4)]
    assert Splitter(LINES, 100).pause() == []


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9])
def test_the_last_units_of_a_chunk(count: int) -> None:
    content = b"x\nyy\n{zzz\n"
    chunk = Chunk(content, 2, len(content), 100)
    whole = spread([chunk], LINES, 2)
    assert whole == [(102, b"yy", 2), (105, b"{z", 4)]
    lines = chunk.lines(LINES, 2, count)
    assert [(lines.offset(i), lines.data[i], lines.length(i)) for i in range(len(lines))] == whole[-count:] * bool(
        count
    )
    assert lines.end == 110


def test_parts_of_lines_keep_their_places() -> None:
    lines = Lines([b"a", b"bb", b"c"], 100, {1: 50})
    assert lines.part(0, 3) is lines
    part = lines.part(1, 3)
    assert [part.offset(0), part.offset(1), part.end] == [102, 153, 155]
    assert part.cut == {0: 50}
    apart = Lines([b"a", b"bb", b"c"], 0, {2: 9}, [5, 70, 90]).part(1, 3)
    assert [apart.offset(0), apart.offset(1), apart.offset(2)] == [70, 90, 100]
    assert apart.cut == {1: 9}
    assert Lines([], 7).end == 7
