"""Whole units of a file in blocks, backwards from its end or forwards: never the whole file in memory.

The generators here are run in a thread, slice by slice: they yield None wherever they have worked for a while without
a chunk to show for it.
"""

from __future__ import annotations

from collections.abc import Generator

from .framing import Framing
from .log_file import LogFile
from .splitter import Chunk

FIRST_BLOCK = 64 * 1024
SMALLEST_BLOCK = 4096
LARGEST_BLOCK = 256 * 1024  # a larger one is not read faster, and falls out of the processor's cache


def last_line_end(log: LogFile) -> Generator[None, None, int]:
    """Returns the offset after the last newline of the file as it was when it was opened, 0 without any."""
    # Not the size of this moment: a search sees the file as it was when it was opened, or it would never end.
    end = log.size
    buffer = bytearray(SMALLEST_BLOCK)
    while end > 0:
        size = min(len(buffer), end)
        log.fill(memoryview(buffer)[:size], end - size)
        found = buffer.rfind(b"\n", 0, size)
        if found >= 0:
            return end - size + found + 1
        end -= size
        # The newline is nearly always in the first few bytes; only a very long last line is worth large reads.
        if len(buffer) < LARGEST_BLOCK:
            buffer = bytearray(LARGEST_BLOCK)
        yield
    return 0


def line_start(log: LogFile, position: int, longest: int) -> int:
    """Where the line starts that ``position`` is in; ``position`` when that is more than ``longest`` bytes before."""
    begin = max(position - longest, 0)
    before = log.read(position - begin, begin)
    return begin + before.rfind(b"\n") + 1 if begin == 0 or b"\n" in before else position


def backward(
    log: LogFile, start: int, end: int, framing: Framing, max_unit: int, *, first: int = FIRST_BLOCK
) -> Generator[Chunk | None, None, None]:
    """Chunks from ``end`` back to ``start``, which are both starts of units.

    The first block has ``first`` bytes, the following ones twice as many each time.
    """
    size = min(max(first, SMALLEST_BLOCK), LARGEST_BLOCK)
    buffer = bytearray(size)
    while end > start:
        # One buffer for all blocks: allocating and zeroing a new one for each costs as much as searching it.
        if len(buffer) < size:
            buffer = bytearray(size)
        begin = max(start, end - size)
        count = end - begin
        log.fill(memoryview(buffer)[:count], begin)
        # The unit that the block begins in the middle of is left for the next one.
        skip = 0 if begin == start else framing.first_start(buffer, count)
        if skip or begin == start:
            yield Chunk(buffer, skip, count, begin)
            end = begin + skip
            # A query that finds enough near the end has read little; one that goes on soon reads large blocks.
            size = min(size * 2, LARGEST_BLOCK)
        elif count <= max_unit:
            size *= 2
        else:
            unit = yield from _unit_start(log, begin, start, framing)
            yield (yield from _long_unit(log, unit, end, max_unit))
            end = unit
            size = LARGEST_BLOCK


def forward(log: LogFile, start: int, end: int, framing: Framing, max_unit: int) -> Generator[Chunk | None, None, None]:
    """Chunks of ``log`` from ``start`` to ``end`` (bytes, both at starts of units), in the order of the file."""
    size = LARGEST_BLOCK
    buffer = bytearray(size)
    while start < end:
        count = min(size, end - start)
        if len(buffer) < count:
            buffer = bytearray(count)
        log.fill(memoryview(buffer)[:count], start)
        # Up to the end of the part every line is whole; before it the block may end in the middle of one.
        stop = count if start + count == end else framing.last_start(buffer, 0, count)
        if stop:
            yield Chunk(buffer, 0, stop, start)
            start += stop
            size = LARGEST_BLOCK
        elif count <= max_unit:
            size *= 2
        else:
            after = yield from _unit_end(log, start + count, end, framing)
            yield (yield from _long_unit(log, start, after, max_unit))
            start = after
            size = LARGEST_BLOCK


def _long_unit(log: LogFile, start: int, end: int, max_unit: int) -> Generator[None, None, Chunk]:
    """Returns the beginning of the unit from ``start`` to ``end``, behind the hole that may be before it."""
    length = end - 1 - start
    # One that fits is kept as it is, whatever the block that it did not fit into.
    hole = (yield from _hole(log, start, end - 1)) if length > max_unit else 0
    count = min(max_unit, length - hole)
    data = bytearray(count + 1)
    log.fill(memoryview(data)[:count], start + hole)
    data[count] = 0x0A
    return Chunk(data, 0, count + 1, start, length, hole)


def _hole(log: LogFile, start: int, end: int) -> Generator[None, None, int]:
    """Returns how many NUL bytes stand at ``start``, up to ``end``."""
    buffer = bytearray(SMALLEST_BLOCK)
    position = start
    while position < end:
        # What was never written is told by the file system and need not be read.
        position = min(log.next_data(position), end)
        count = min(len(buffer), end - position)
        log.fill(memoryview(buffer)[:count], position)
        found = count - len(buffer[:count].lstrip(b"\0"))
        position += found
        if found < count:
            break
        if len(buffer) < LARGEST_BLOCK:
            buffer = bytearray(LARGEST_BLOCK)
        yield
    return position - start


def _unit_start(log: LogFile, position: int, floor: int, framing: Framing) -> Generator[None, None, int]:
    """Where the unit starts that covers ``position`` or starts there; at least ``floor``."""
    more = framing.reach  # a mark may straddle two blocks
    buffer = bytearray(LARGEST_BLOCK + more)
    while position > floor:
        begin = max(floor, position - LARGEST_BLOCK)
        count = position - begin
        log.fill(memoryview(buffer)[: count + more], begin)
        found = framing.start_before(buffer, 0, count)
        if found:
            return begin + found
        position = begin
        yield
    return floor


def _unit_end(log: LogFile, position: int, ceiling: int, framing: Framing) -> Generator[None, None, int]:
    """Where the first unit starts behind ``position``, or there; at most ``ceiling``."""
    buffer = bytearray(LARGEST_BLOCK)
    position -= framing.reach
    while position < ceiling:
        count = min(len(buffer), ceiling - position)
        log.fill(memoryview(buffer)[:count], position)
        found = framing.end_after(buffer, 0, count)
        if found < count:
            return position + found + 1
        if position + count == ceiling:
            break
        position += count - framing.reach
        yield
    return ceiling
