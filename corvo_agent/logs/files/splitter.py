"""Where lines end: in a block of bytes, and in a stream that comes in pieces.

Which lines are one unit a Framing says. A unit may have a hole before it: NUL bytes that copytruncate leaves behind
when the writer does not append. They are counted and not kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .framing import Framing


@dataclass(slots=True)
class Lines:
    """Units of one file in file order, without their last newline; the first one starts at the byte ``start``.

    ``cut`` maps the index of a unit of which only a part is kept to its whole length, ``holes`` that of one of these to
    how many NUL bytes before it are not kept. ``offsets`` says where each one starts, and is None when they are
    neighbours. ``stop`` is the offset behind the last one, 0 when that follows from their lengths.
    """

    data: list[bytes]
    start: int
    cut: dict[int, int] = field(default_factory=dict)
    offsets: list[int] | None = None
    holes: dict[int, int] = field(default_factory=dict)
    stop: int = 0

    def __len__(self) -> int:
        return len(self.data)

    def offset(self, index: int) -> int:
        """Where the unit ``index`` starts in the file."""
        if self.offsets is not None:
            return self.offsets[index] if index < len(self.offsets) else self.end
        # Worked out only when it is asked for: most answers never say where a line stood.
        kept = sum(map(len, self.data[:index])) + index
        return self.start + kept + sum(length - len(self.data[at]) for at, length in self.cut.items() if at < index)

    def length(self, index: int) -> int:
        """How long the unit ``index`` is in the file, without its newline."""
        return self.cut.get(index, len(self.data[index]))

    @property
    def end(self) -> int:
        """The offset behind the last one."""
        if self.stop:
            return self.stop
        last = len(self.data) - 1
        return self.start if last < 0 else self.offset(last) + self.length(last) + 1

    def part(self, first: int, stop: int) -> Lines:
        """Those from ``first`` to ``stop``, as in a slice with both inside."""
        if first == 0 and stop == len(self.data):
            return self
        cut = {index - first: length for index, length in self.cut.items() if first <= index < stop}
        holes = {index - first: hole for index, hole in self.holes.items() if first <= index < stop}
        offsets = None if self.offsets is None else self.offsets[first:stop]
        end = self.stop if stop == len(self.data) else 0
        return Lines(self.data[first:stop], self.offset(first), cut, offsets, holes, end)


@dataclass(slots=True)
class Chunk:
    """Whole units: ``data[start:end]`` ends with a newline, ``data[0]`` is byte number ``offset`` of the file.

    A reader of blocks uses ``data`` again for the next chunk: copy what you keep. When ``length`` is not 0, this is
    the beginning of one unit of ``length`` bytes, without the ``hole`` before it, with a newline put after it.
    """

    data: bytes | bytearray
    start: int
    end: int
    offset: int
    length: int = 0
    hole: int = 0

    @property
    def stop(self) -> int:
        """The offset in the file behind its last newline."""
        return self.offset + (self.start + self.length + 1 if self.length else self.end)

    def lines(self, framing: Framing, max_unit: int, count: int = -1) -> Lines:
        """Its units, or the last ``count`` of them."""
        if count == 0:
            return Lines([], self.offset + self.end)
        # Through a memoryview, so that the block is copied once and not twice.
        parts = framing.split(bytes(memoryview(self.data)[self.start : self.end - 1]), count)
        start = self.offset + self.start
        if 0 < count < len(parts):
            start += len(parts[0]) + 1
            del parts[0]
        lines = Lines(parts, start)
        if self.length > max_unit or self.hole:
            # Of one long unit there is this part; its lines are not units of their own.
            lines = Lines([bytes(memoryview(self.data)[self.start : self.end - 1])], start)
            lines.cut[0] = self.length
            if self.hole:
                lines.holes[0] = self.hole
        # Only a chunk that is longer than the bound can hold a line that is.
        elif max_unit < self.end - self.start:
            _cut(lines, max_unit)
        return lines


def _cut(lines: Lines, max_unit: int) -> None:
    for index, part in enumerate(lines.data):
        if len(part) > max_unit:
            lines.cut[index] = len(part)
            bare = part.lstrip(b"\0")
            if len(bare) < len(part):
                lines.holes[index] = len(part) - len(bare)
            lines.data[index] = bare[:max_unit]


class Splitter:
    """Units out of a stream of bytes that comes in pieces of any size.

    Holds at most the unit that is not yet whole, and of that ``max_unit`` bytes: what a longer one has behind them is
    counted and dropped, and so is a hole before it. ``offset`` is the place in the file of the first byte that will be
    fed.
    """

    def __init__(self, framing: Framing, max_unit: int, offset: int = 0) -> None:
        self._framing = framing
        self._max_unit = max_unit
        #: Where the unit starts that is not yet whole.
        self.offset = offset
        self._pending = bytearray()
        self._dropped = 0  # bytes of the pending unit that are not kept; it is longer than the bound then
        self._hole = 0  # NUL bytes before the pending unit that are not kept

    @property
    def waiting(self) -> bool:
        """Whether there is a unit that is not yet whole."""
        return bool(self._pending)

    @property
    def fed(self) -> int:
        """Where the next byte that is fed stands in the file."""
        return self.offset + self._hole + self._dropped + len(self._pending)

    def peek(self) -> Chunk | None:
        """The unit that is not yet whole, as it is now; it is not taken. None when there is nothing of one."""
        if not self._pending:
            return None
        data = bytes(self._pending[: self._max_unit]) + b"\n"
        length = self._hole + self._dropped + len(self._pending)
        return Chunk(data, 0, len(data), self.offset, length if length > self._max_unit else 0, self._hole)

    def feed(self, data: bytes | bytearray | memoryview) -> list[Chunk]:
        """Take the next bytes; the units that are whole now."""
        if not self._dropped:
            return self._whole(data)
        # Inside a unit that is too long: all that matters is where it ends. A mark may have begun before.
        kept = len(self._pending)
        self._pending += data
        end = self._framing.end_after(self._pending, max(kept - self._framing.reach, 0), len(self._pending))
        if end == len(self._pending):
            self._trim()
            return []
        rest = bytes(self._pending[end + 1 :])
        chunk = self._long(end)
        self._pending.clear()
        return [chunk, *self._whole(rest)]

    def pause(self) -> list[Chunk]:
        """The stream rests: lines that are whole go out, although more might have been joined to them."""
        if self._dropped or not self._pending:
            return []
        return self._take(self._pending.rfind(b"\n") + 1)

    def finish(self) -> list[Chunk]:
        """The stream ends: what is left is a unit, with or without a newline."""
        if not self._pending:
            return []
        if self._pending[-1] != 0x0A:
            self._pending.append(0x0A)
        if self._dropped:
            chunk = self._long(len(self._pending) - 1)
            self._pending.clear()
            return [chunk]
        return self._take(len(self._pending))

    def _whole(self, data: bytes | bytearray | memoryview) -> list[Chunk]:
        kept = len(self._pending)
        self._pending += data
        # What was there before holds no mark but perhaps half of one at its end: it is not searched again.
        searched = max(kept - self._framing.reach - 1, 0)
        chunks = self._take(self._framing.last_start(self._pending, searched, len(self._pending)))
        if len(self._pending) > self._max_unit + 1 + self._framing.reach:
            self._trim()
        return chunks

    def _take(self, stop: int) -> list[Chunk]:
        if not stop:
            return []
        if self._hole:
            # It may go on for a while in what came last.
            rest = len(self._pending) - len(self._pending.lstrip(b"\0"))
            self._hole += rest
            del self._pending[:rest]
            stop -= rest
            end = self._framing.end_after(self._pending, 0, stop - 1)
            chunk = self._long(end)
            del self._pending[: end + 1]
            return [chunk, *self._take(stop - end - 1)]
        chunk = Chunk(bytes(memoryview(self._pending)[:stop]), 0, stop, self.offset)
        # Cheap: a bytearray moves its start instead of its content.
        del self._pending[:stop]
        self.offset += stop
        return [chunk]

    def _trim(self) -> None:
        """Keep the beginning, and at the end what may be half a mark."""
        if not self._dropped and self._pending.startswith(b"\0"):
            length = len(self._pending)
            self._pending = self._pending.lstrip(b"\0")
            self._hole += length - len(self._pending)
            if len(self._pending) <= self._max_unit + 1 + self._framing.reach:
                return
        stop = len(self._pending) - self._framing.reach
        self._dropped += stop - self._max_unit
        del self._pending[self._max_unit : stop]

    def _long(self, end: int) -> Chunk:
        """The pending unit, of which not all is kept, and which ends at ``end`` in what is."""
        length = self._hole + self._dropped + end
        data = bytes(self._pending[: min(end, self._max_unit)]) + b"\n"
        chunk = Chunk(data, 0, len(data), self.offset, length, self._hole)
        self.offset += length + 1
        self._dropped = self._hole = 0
        return chunk
