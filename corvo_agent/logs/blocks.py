"""Whole lines of a file in blocks, backwards from its end or forwards: never the whole file in memory.

The generators here are run in a thread, slice by slice: they yield None wherever they have worked for a while without
a chunk to show for it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from .files import LogFile

FIRST_BLOCK = 64 * 1024
SMALLEST_BLOCK = 4096
LARGEST_BLOCK = 256 * 1024  # a larger one is not read faster, and falls out of the processor's cache


@dataclass(slots=True)
class Lines:
    """Neighbouring lines of one file in file order, without newlines; the first one starts at the byte ``start``.

    ``cut`` maps the index of a line that was cut to its whole length.
    """

    data: list[bytes]
    start: int
    cut: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.data)

    def last(self, count: int) -> Lines:
        """The last ``count`` of them."""
        first = len(self.data) - count
        if first <= 0:
            return self
        skipped = sum(self.cut.get(index, len(self.data[index])) + 1 for index in range(first))
        cut = {index - first: length for index, length in self.cut.items() if index >= first}
        return Lines(self.data[first:], self.start + skipped, cut)


@dataclass(slots=True)
class Chunk:
    """Whole lines: ``data[start:end]`` ends with a newline, ``data[0]`` is byte number ``offset`` of the file.

    ``data`` is used again for the next chunk: copy what you keep. When ``length`` is not 0, this is the beginning of
    one line longer than the bound, of ``length`` bytes, with a newline put after it.
    """

    data: bytearray
    start: int
    end: int
    offset: int
    length: int = 0

    def lines(self, max_line: int, count: int = -1) -> Lines:
        """Its lines, or the last ``count`` of them."""
        if count == 0:
            return Lines([], self.offset + self.end)
        parts = bytes(memoryview(self.data)[self.start : self.end - 1]).rsplit(b"\n", count)
        start = self.offset + self.start
        if 0 < count < len(parts):
            start += len(parts[0]) + 1
            del parts[0]
        lines = Lines(parts, start)
        if self.length:
            lines.cut[0] = self.length
        elif max_line < self.end - self.start:
            self._cut(lines, max_line)
        return lines

    def _cut(self, lines: Lines, max_line: int) -> None:
        for index, part in enumerate(lines.data):
            if len(part) > max_line:
                lines.cut[index] = len(part)
                lines.data[index] = part[:max_line]


def last_line_end(log: LogFile) -> Generator[None, None, int]:
    """Returns the offset after the last newline of the file as it was when it was opened, 0 without any."""
    end = log.size
    buffer = bytearray(SMALLEST_BLOCK)
    while end > 0:
        size = min(len(buffer), end)
        log.fill(memoryview(buffer)[:size], end - size)
        found = buffer.rfind(b"\n", 0, size)
        if found >= 0:
            return end - size + found + 1
        end -= size
        if len(buffer) < LARGEST_BLOCK:
            buffer = bytearray(LARGEST_BLOCK)
        yield
    return 0


def backward(
    log: LogFile, end: int, max_line: int, *, start: int = 0, first: int = FIRST_BLOCK
) -> Iterator[Chunk | None]:
    """Chunks from the line that ends at ``end`` back to the line that starts at ``start``; both are line starts.

    The first block has ``first`` bytes, the following ones twice as many each time.
    """
    size = min(max(first, SMALLEST_BLOCK), LARGEST_BLOCK)
    buffer = bytearray(size)
    while end > start:
        if len(buffer) < size:
            buffer = bytearray(size)
        begin = max(start, end - size)
        count = end - begin
        log.fill(memoryview(buffer)[:count], begin)
        # The last byte is the newline of the last line; the line that the block begins in is left for the next one.
        skip = 0 if begin == start else buffer.find(b"\n", 0, count - 1) + 1
        if skip or begin == start:
            yield Chunk(buffer, skip, count, begin)
            end = begin + skip
            size = min(size * 2, LARGEST_BLOCK)
        elif count <= max_line:
            size *= 2
        else:
            line = yield from _line_start(log, begin, start)
            yield _long_line(log, line, end, max_line)
            end = line
            size = LARGEST_BLOCK


def forward(log: LogFile, start: int, end: int, max_line: int) -> Iterator[Chunk | None]:
    """Chunks from ``start`` to ``end``; both are line starts."""
    size = LARGEST_BLOCK
    buffer = bytearray(size)
    while start < end:
        count = min(size, end - start)
        if len(buffer) < count:
            buffer = bytearray(count)
        log.fill(memoryview(buffer)[:count], start)
        stop = buffer.rfind(b"\n", 0, count) + 1
        if stop:
            yield Chunk(buffer, 0, stop, start)
            start += stop
            size = LARGEST_BLOCK
        elif count <= max_line:
            size *= 2
        else:
            after = yield from _line_end(log, start + count, end)
            yield _long_line(log, start, after, max_line)
            start = after
            size = LARGEST_BLOCK


def _long_line(log: LogFile, start: int, end: int, max_line: int) -> Chunk:
    data = bytearray(max_line + 1)
    log.fill(memoryview(data)[:max_line], start)
    data[max_line] = 0x0A
    return Chunk(data, 0, max_line + 1, start, end - 1 - start)


def _line_start(log: LogFile, position: int, floor: int) -> Generator[None, None, int]:
    """Where the line starts that covers the byte before ``position``: after a newline, or at ``floor``."""
    buffer = bytearray(LARGEST_BLOCK)
    while position > floor:
        begin = max(floor, position - len(buffer))
        log.fill(memoryview(buffer)[: position - begin], begin)
        found = buffer.rfind(b"\n", 0, position - begin)
        if found >= 0:
            return begin + found + 1
        position = begin
        yield
    return floor


def _line_end(log: LogFile, position: int, ceiling: int) -> Generator[None, None, int]:
    """The offset after the first newline at or behind ``position``, at most ``ceiling``."""
    buffer = bytearray(LARGEST_BLOCK)
    while position < ceiling:
        count = min(len(buffer), ceiling - position)
        log.fill(memoryview(buffer)[:count], position)
        found = buffer.find(b"\n", 0, count)
        if found >= 0:
            return position + found + 1
        position += count
        yield
    return ceiling
