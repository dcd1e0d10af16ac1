"""Where one unit of a log ends and the next one begins.

A unit is what becomes one record: a line, or a line and those behind it that belong to it. All that split a file ask a
Framing, so that searching and following split alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

#: Bytes at the beginning of a line by which it is told whether it starts a unit.
TELLING = 512


class Framing(Protocol):
    """How units are told apart. Every unit ends with a newline.

    ``reach`` is how many bytes behind a newline have to be there to know whether a unit starts behind it.
    """

    @property
    def reach(self) -> int:
        """Bytes behind a newline that have to be seen."""
        ...

    def starts(self, line: bytes) -> bool:
        """Whether ``line`` may be the first one of a unit."""
        ...

    def start_before(self, data: bytes | bytearray, floor: int, position: int) -> int:
        """Where the unit starts that covers ``position``, or ``floor``, if none starts behind that."""
        ...

    def end_after(self, data: bytes | bytearray, position: int, ceiling: int) -> int:
        """Where the newline is that ends the unit that covers ``position``, or ``ceiling``."""
        ...

    def first_start(self, data: bytes | bytearray, stop: int) -> int:
        """Where the first unit starts that starts behind byte 0 and before ``stop``, or 0."""
        ...

    def last_start(self, data: bytes | bytearray, start: int, stop: int) -> int:
        """The last place in ``data[start:stop]``, or its end, where a unit is known to start, or 0."""
        ...

    def split(self, text: bytes, count: int = -1) -> list[bytes]:
        """The units of ``text``, which lacks its last newline; with ``count``, the last ones and a rest before them."""
        ...


@dataclass(frozen=True, slots=True)
class MarkFraming:
    """Units told apart by bytes: ``mark`` stands between two of them; its newline ends the first one.

    ``after`` are the bytes of the mark behind its newline.
    """

    mark: bytes
    after: bytes

    @property
    def reach(self) -> int:
        """Bytes behind a newline that have to be seen."""
        return len(self.after)

    def starts(self, line: bytes) -> bool:
        """Whether ``line`` may be the first one of a unit."""
        return line.startswith(self.after)

    def start_before(self, data: bytes | bytearray, floor: int, position: int) -> int:
        """Where the unit starts that covers ``position``: behind a mark, or at ``floor``."""
        return data.rfind(self.mark, floor, position + len(self.after)) + 1 or floor

    def end_after(self, data: bytes | bytearray, position: int, ceiling: int) -> int:
        """Where the newline is that ends the unit that covers ``position``, or ``ceiling``."""
        found = data.find(self.mark, position, ceiling)
        return ceiling if found < 0 else found

    def first_start(self, data: bytes | bytearray, stop: int) -> int:
        """Where the first unit starts that starts behind byte 0 and before ``stop``, or 0."""
        return data.find(self.mark, 0, stop - 1 + len(self.after)) + 1

    def last_start(self, data: bytes | bytearray, start: int, stop: int) -> int:
        """The last place in ``data[start:stop]``, or its end, where a unit is known to start, or 0."""
        return data.rfind(self.mark, start, stop) + 1

    def split(self, text: bytes, count: int = -1) -> list[bytes]:
        """The units of ``text``, which lacks its last newline; with ``count``, the last ones and a rest before them."""
        parts = text.rsplit(self.mark, count)
        if self.after:
            parts[1:] = [self.after + part for part in parts[1:]]
        return parts


#: Each line is a unit.
LINES = MarkFraming(b"\n", b"")
#: A line that starts with ``{``, and those behind it that do not.
JOINED = MarkFraming(b"\n{", b"{")


@dataclass(frozen=True, slots=True)
class LineFraming:
    """Units told apart by looking at lines: one starts where ``is_start`` says so of the beginning of a line.

    ``is_inside`` says of a newline whether what is behind it is a part of what is before it whatever it looks like.
    """

    is_start: Callable[[bytes], bool]
    is_inside: Callable[[bytes | bytearray, int, int], bool]

    @property
    def reach(self) -> int:
        """Bytes behind a newline that have to be seen."""
        return TELLING

    def starts(self, line: bytes) -> bool:
        """Whether ``line`` may be the first one of a unit."""
        return self.is_start(line[:TELLING])

    def start_before(self, data: bytes | bytearray, floor: int, position: int) -> int:
        """Where the unit starts that covers ``position``, or ``floor``, if none starts behind that."""
        newline = data.rfind(b"\n", floor, position)
        while newline >= 0:
            if self._is_border(data, floor, newline, len(data)):
                return newline + 1
            newline = data.rfind(b"\n", floor, newline)
        return floor

    def end_after(self, data: bytes | bytearray, position: int, ceiling: int) -> int:
        """Where the newline is that ends the unit that covers ``position``, or ``ceiling``."""
        newline = data.find(b"\n", position, ceiling)
        while newline >= 0:
            if self._is_border(data, 0, newline, ceiling):
                return newline
            newline = data.find(b"\n", newline + 1, ceiling)
        return ceiling

    def first_start(self, data: bytes | bytearray, stop: int) -> int:
        """Where the first unit starts that starts behind byte 0 and before ``stop``, or 0."""
        # Of the line that the data begins in the middle of, nothing tells whether it goes on.
        newline = data.find(b"\n", 0, stop - 1)
        while newline >= 0:
            newline = data.find(b"\n", newline + 1, stop - 1)
            if newline >= 0 and self._is_border(data, 0, newline, stop):
                return newline + 1
        return 0

    def last_start(self, data: bytes | bytearray, start: int, stop: int) -> int:
        """The last place in ``data[start:stop]`` where a unit is known to start, or 0."""
        newline = data.rfind(b"\n", start, max(stop - 1, start))
        while newline >= 0:
            # Of a line whose beginning is not all there, it is not known.
            seen = stop - newline > TELLING or data.find(b"\n", newline + 1, stop) >= 0
            if seen and self._is_border(data, 0, newline, stop):
                return newline + 1
            newline = data.rfind(b"\n", start, newline)
        return 0

    def split(self, text: bytes, count: int = -1) -> list[bytes]:
        """The units of ``text``, which lacks its last newline; with ``count``, the last ones and a rest before them."""
        units: list[bytes] = []
        end = stop = len(text)
        while len(units) != count and (newline := text.rfind(b"\n", 0, stop)) >= 0:
            if self._is_border(text, 0, newline, len(text)):
                units.append(text[newline + 1 : end])
                end = newline
            stop = newline
        units.append(text[:end])
        return units[::-1]

    def _is_border(self, data: bytes | bytearray, floor: int, newline: int, ceiling: int) -> bool:
        """Whether the line behind ``newline`` starts a unit."""
        end = min(ceiling, newline + 1 + TELLING)
        following = data.find(b"\n", newline + 1, end)
        if not self.is_start(bytes(data[newline + 1 : end if following < 0 else following])):
            return False
        return not self.is_inside(data, floor, newline)
