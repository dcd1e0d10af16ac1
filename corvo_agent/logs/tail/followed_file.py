"""One open file that is being followed: what is new in it, and whether it was truncated under us.

The system does not tell that a file was truncated: its size falls, or, when it has grown again meanwhile, its first
bytes are others than before. Both are looked at around every read, so that bytes of two contents never make one line.
"""

from __future__ import annotations

import os
from collections.abc import Generator

from ..files.cursor import TELLING, FileMark
from ..files.framing import LINES
from ..files.log_file import HEAD, FileChanged, LogFile
from ..files.packed import unpack
from ..files.splitter import Chunk, Splitter
from ..lines.marker import Gap

#: Bytes read at once: few enough that the thread which parses them rests often.
READ = 64 * 1024
_SEARCH = 1 << 20  # bytes of NUL looked at in one go


class FollowedFile:
    """Reads ``log``, which it takes over, from ``offset`` on. Blocks: call it in a thread."""

    def __init__(self, log: LogFile, offset: int, max_line: int) -> None:
        self.log = log
        self._max_line = max_line
        self._read = offset
        self._splitter = Splitter(LINES, max_line, offset)
        self._head = _without_room(log.head)
        self._mark = FileMark.of(self._head, log.key[1])
        self._skip = offset if log.is_packed else 0
        #: Whether it has its last content: a copy, or a compressed file.
        self.final = log.is_packed
        #: Which files were beside it when nothing was in it after its truncation; None at all other times.
        self.known: set[tuple[int, int]] | None = None
        #: What there is to say behind its last line.
        self.last_word: Gap | None = None
        #: Whether the last read came to the end of what there was.
        self.at_end = False
        # Up to where NUL bytes have something behind them, and up to where it is known that they have nothing.
        self._written = 0
        self._searched = 0
        # How far it was read when it was last looked at for a line without an end, since when, and which one was shown.
        self._fed = -1
        self._since = 0.0
        self._shown = -1
        self._pieces: Generator[bytes, None, None] | None = None

    @property
    def head(self) -> bytes:
        """Its first bytes, as far as they are known."""
        return self._head

    @property
    def key(self) -> tuple[int, int]:
        """Device and inode."""
        return self.log.key

    @property
    def offset(self) -> int:
        """Behind the last whole line that was given out."""
        return self._splitter.offset

    def mark(self) -> FileMark:
        """How the file is known again."""
        return self._mark

    def status(self) -> os.stat_result:
        """The file's status now."""
        return os.fstat(self.log.descriptor)

    def more(self) -> list[Chunk] | None:
        """What has come since the last call, at most ``READ`` bytes: lines that are whole now; None at the end.

        Raises FileChanged when the file was truncated: see ``start_again``; DecodeError and others for a compressed
        file that cannot be read.
        """
        data = self._next()
        self.at_end = not data if self.log.is_packed else len(data) < READ
        if data:
            self._read += len(data)
            return self._splitter.feed(data)
        if not self.log.is_packed and self.status().st_size < self._read:
            raise FileChanged(self.log.path)
        return None

    def has_rested(self, now: float, pause: float) -> bool:
        """Whether it was read to its end and has not grown for ``pause`` seconds, as far as was looked."""
        size = self._splitter.fed
        if size != self._fed:
            self._fed, self._since = size, now
        return self.at_end and now - self._since >= pause

    def unfinished(self, now: float, pause: float) -> Chunk | None:
        """A last line without its newline, once it has not grown for ``pause`` seconds; each one only once."""
        if not self.has_rested(now, pause) or self._shown == self._splitter.offset:
            return None
        chunk = self._splitter.peek()
        if chunk is not None:
            self._shown = self._splitter.offset
        return chunk

    def finish(self) -> list[Chunk]:
        """Nothing more will come: the last line, although it has no newline.

        Unless this is a copy: it was made while its last line was being written, and the end of that line is lost.
        """
        return [] if self.last_word is not None else self._splitter.finish()

    def start_again(self) -> None:
        """Read from the beginning: the file was truncated."""
        self._take_head(self.log.read(HEAD, 0))
        self._begin_at(self.log.next_data(0))

    def look(self) -> bool:
        """Whether it has data; its beginning is known then."""
        if not self._head:
            self._take_head(self.log.read(HEAD, 0))
        return bool(self._head)

    def is_copy_of(self, other: FollowedFile) -> bool:
        """Whether this file, which need not be whole yet, starts as the other one does now."""
        length = min(len(self._head), len(other.head))
        return length >= TELLING and self._head[:length] == other.head[:length]

    def close(self) -> None:
        """Close the file."""
        if self._pieces is not None:
            self._pieces.close()
        self.log.close()

    def _begin_at(self, start: int) -> None:
        self._written = self._searched = 0
        self._read = start
        self._splitter = Splitter(LINES, self._max_line, start)

    def _next(self) -> bytes:
        if self.log.is_packed:
            self._pieces = self._pieces or unpack(self.log)
            return self._behind_skipped(self._pieces)
        if self._read == 0 and (start := self.log.next_data(0)):
            # Nothing was in it when it was looked at after its truncation: its writer went on at the old place since.
            self._begin_at(start)
        data = self.log.read(READ, self._read)
        # Looked at after the read: were it truncated before, these bytes belong to other lines. As long as the head
        # is not known to its end, what was read is a part of it.
        head = self.log.read(HEAD, 0)
        if not head.startswith(self._head) or not head.startswith((head[: self._read] + data)[:HEAD]):
            raise FileChanged(self.log.path)
        if len(_without_room(head)) > len(self._head):
            self._take_head(head)
        return data if data[-1:] != b"\0" else self._written_of(data)

    def _written_of(self, data: bytes) -> bytes:
        """``data``, read just now, which ends with NUL bytes, without them while nothing stands behind them.

        A program that maps its file, or allocates it in advance, writes its next line over them.
        """
        stop = self._read + len(data)
        if stop > self._written:
            position = max(stop, self._searched)
            while piece := self.log.read(_SEARCH, position):
                rest = piece.lstrip(b"\0")
                position += len(piece) - len(rest)
                if rest:
                    self._written = position
                    return data
            self._searched = position
            return data.rstrip(b"\0")
        return data

    def _take_head(self, head: bytes) -> None:
        self._head = _without_room(head)
        self._mark = FileMark.of(self._head, self.key[1])

    def _behind_skipped(self, pieces: Generator[bytes, None, None]) -> bytes:
        for piece in pieces:
            if self._skip < len(piece):
                piece, self._skip = piece[self._skip :], 0
                return piece
            self._skip -= len(piece)
        return b""


def _without_room(head: bytes) -> bytes:
    """The first bytes of a file without room that was made in advance and is to be written over."""
    return head.rstrip(b"\0") or head
