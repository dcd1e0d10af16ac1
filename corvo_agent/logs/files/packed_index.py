"""Places in a gzip file from which it can be unpacked, so that not everything before has to be unpacked again.

Unpacking needs the 32 KiB before a place, and where in the file it stood: about 50 KB a place, and there are at most 32
in a file. Nothing is written to a disk. The other formats have no such places.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass
from threading import Lock
from typing import Any

from ...errors import DecodeError
from .log_file import LogFile

INPUT = 16 * 1024
OUTPUT = 256 * 1024
_SMALLEST = 1 << 20  # bytes of a file that are worth it
_SPACING = 4 << 20  # bytes inside between two places, at first
_MOST = 32  # places of a file
_REMEMBERED = 16  # files


@dataclass(frozen=True, slots=True)
class Point:
    """A place: ``offset`` inside, the byte ``at`` of the file, and the ``stream`` there; None at the start of one."""

    offset: int = 0
    at: int = 0
    stream: Any = None


START = Point()


class Inflater:
    """Unpacks a gzip file from ``point`` on. Not safe for two threads at once."""

    def __init__(self, log: LogFile, point: Point = START) -> None:
        self._log = log
        self._stream: Any = None if point.stream is None else point.stream.copy()
        self._at = point.at
        self._rest = b""
        #: Where inside the next piece starts.
        self.offset = point.offset

    def pieces(self) -> Generator[bytes, None, None]:
        """What is inside, in pieces of at most 256 KiB.

        Raises DecodeError when it cannot be unpacked (what was before is good), Unavailable when reading fails.
        """
        try:
            while self._fill():
                # decompress stops at OUTPUT bytes: a small file that unpacks to gigabytes must not fill the memory.
                piece = self._stream.decompress(self._rest, OUTPUT)
                self._rest = self._stream.unconsumed_tail
                if self._stream.eof:
                    self._rest, self._stream = self._stream.unused_data, None
                if piece:
                    self.offset += len(piece)
                    yield piece
        except zlib.error as error:
            raise DecodeError(self._log.path, f"not a gzip file: {error}") from error
        if self._stream is not None:
            raise DecodeError(self._log.path, "the gzip file ends early")

    def point(self) -> Point:
        """The place behind the last piece."""
        stream = None if self._stream is None else self._stream.copy()
        return Point(self.offset, self._at - len(self._rest), stream)

    def _fill(self) -> bool:
        """Have something to unpack; whether there is."""
        # A file may be several gzip members one behind the other, and end in zeros.
        while not (self._rest if self._stream is not None else (rest := self._rest.lstrip(b"\0"))):
            self._rest = self._log.read(INPUT, self._at)
            self._at += len(self._rest)
            if not self._rest:
                return False
        if self._stream is None:
            self._rest = rest
            self._stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return True


class PackedIndex:
    """The places that are known of one file. Safe for several threads."""

    def __init__(self) -> None:
        self._points: list[Point] = []
        self._spacing = _SPACING
        self._lock = Lock()
        #: Whether the file was unpacked to its end, or to where it is broken.
        self.is_complete = False

    def points(self) -> list[Point]:
        """The places, in order, besides the beginning."""
        with self._lock:
            return list(self._points)

    def extend(self, log: LogFile) -> Generator[bool, None, None]:
        """Unpack on from the last place, and add places; yields whether one was added. Raises Unavailable."""
        if self.is_complete:
            return
        inflater = Inflater(log, (self.points() or [START])[-1])
        try:
            for _ in inflater.pieces():
                yield self._add(inflater)
        except DecodeError:  # said by whoever reads what is there
            pass
        self.is_complete = True

    def pieces(self, log: LogFile, start: int) -> Generator[bytes, None, None]:
        """What is inside from the byte ``start`` on; see ``Inflater``."""
        point = [START, *(each for each in self.points() if each.offset <= start)][-1]
        position = point.offset
        for piece in Inflater(log, point).pieces():
            if position + len(piece) > start:
                yield piece[max(start - position, 0) :]
            position += len(piece)

    def _add(self, inflater: Inflater) -> bool:
        with self._lock:
            if inflater.offset < (self._points[-1].offset if self._points else 0) + self._spacing:
                return False
            self._points.append(inflater.point())
            if len(self._points) >= _MOST:
                # Every second one, and the last one, from which it goes on.
                self._points = self._points[1::2]
                self._spacing *= 2
            return True


class PackedIndexes:
    """The indexes of the files that were searched last. Safe for several threads."""

    def __init__(self) -> None:
        self._indexes: OrderedDict[tuple[int, int, int, int], PackedIndex] = OrderedDict()
        self._lock = Lock()

    def of(self, log: LogFile) -> PackedIndex | None:
        """The index of a file as it is; None for one that has none."""
        if not log.path.endswith(".gz") or log.size < _SMALLEST:
            return None
        key = (*log.key, log.modified, log.size)
        with self._lock:
            index = self._indexes.setdefault(key, PackedIndex())
            self._indexes.move_to_end(key)
            while len(self._indexes) > _REMEMBERED:
                self._indexes.popitem(last=False)
            return index
