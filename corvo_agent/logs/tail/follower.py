"""Follows one log through rotation: which files there are, in which order, and where one goes on in the next.

By rename: the old file is read to its end, then the ones that rotation put between, then the new one. The old one
stays open for a while, because its writer may not have noticed yet. By copy and truncation: what the copy has and was
not read yet is read from the copy; what was written between copy and truncation is lost for good, and a remark
says so. A symlink that moves and a file that is deleted and made anew are like a rename. Blocks: call it in a thread.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from ...errors import CorvoError, DecodeError, NotFound
from ..files.blocks import last_line_end
from ..files.cursor import FileMark
from ..files.log_file import FileChanged, LogFile, open_log
from ..files.rotated_name import PACKED
from ..files.rotation import FileClock, Rotation
from ..files.rotation_order import FileKey, Rotated
from ..files.splitter import Chunk
from ..lines import marker
from ..lines.marker import Gap
from ..lines.record import Record
from .followed_file import FollowedFile
from .succession import Succession

#: Files held open that are not read yet. A tail that is further behind has lost the rest.
MAX_WAITING = 64
MAX_LATE = 16
_ATTEMPTS = 5
#: Seconds that a file stays open after its successor was begun.
LINGER = 5.0
#: Seconds that a line without a newline has not grown for before it is shown.
PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a log was given out: the byte ``offset`` of the file ``mark``."""

    mark: FileMark
    offset: int


@dataclass(frozen=True, slots=True)
class TailItem:
    """Something new: lines of the log ``path``, or a remark about it.

    ``position`` is behind them; ``count`` is how many lines there are. A line that ``is_unfinished`` has no newline
    yet, and comes once more when it has.
    """

    path: str
    chunk: Chunk | None = None
    remark: Record | None = None
    position: Position | None = None
    count: int = 0
    is_unfinished: bool = False

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        return 200 + (len(self.chunk.data) if self.chunk is not None else 0)


@dataclass(slots=True)
class Step:
    """What one step found; ``more`` says whether the next one may find something at once."""

    items: list[TailItem] = field(default_factory=list)
    more: bool = False


class LogFollower:
    """Follows the log ``path``. The constructor opens nothing; ``close`` closes what is open.

    ``clock`` reads the times of files, ``others`` are paths of logs that are followed besides.
    """

    def __init__(
        self,
        path: str,
        *,
        allowed: Sequence[str] = (),
        clock: FileClock | None = None,
        others: Collection[str] = (),
        max_line: int,
        linger: float = LINGER,
        pause: float = PAUSE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._allowed = allowed
        self._max_line = max_line
        self._linger = linger
        self._pause = pause
        self._monotonic = monotonic
        self._files: deque[FollowedFile] = deque()
        self._late: dict[FollowedFile, float] = {}  # and when to give them up
        self._complaint = ""
        self._rotation = Rotation(path, allowed, clock, others)
        #: The folders that its files are in.
        self.folders = {os.path.dirname(path) or "."}
        self._succession = Succession(self._rotation, allowed)
        self._is_deleted = False
        self._gone: int | None = None  # when the last file was written to, which was deleted and let go of

    @property
    def open_files(self) -> dict[FileKey, int]:
        """Key and descriptor of each file that may still grow."""
        files = [*self._files, *self._late]
        return {file.key: file.log.descriptor for file in files}

    def position(self) -> Position | None:
        """Up to where the log was given out; None before there is a file."""
        return Position(self._files[0].mark(), self._files[0].offset) if self._files else None

    def has_begun(self, path: str, key: FileKey) -> bool:
        """Whether the file ``path`` is one that was followed here, or is."""
        return key in self.open_files or self._succession.was_followed(path, key)

    def start(self) -> None:
        """Begin behind the last whole line of the file as it is now.

        Raises what ``open_log`` raises, but a file that is not there is waited for.
        """
        try:
            log = open_log(self.path, self._allowed)
        except NotFound:
            return
        steps = last_line_end(log)
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                self._files.append(FollowedFile(log, stop.value, self._max_line))
                self.folders = self._rotation.folders
                return

    def close(self) -> None:
        """Close every file."""
        for file in (*self._files, *self._late):
            file.close()
        self._files.clear()
        self._late.clear()

    def step(self) -> Step:
        """Look whether the log was rotated, and read on a little."""
        step = Step()
        complaints = [self._attempt(self._look, step), self._attempt(self._read_on, step)]
        if not step.more:
            complaints.append(self._attempt(self._read_late, step))
        complaint = next(filter(None, complaints), "")
        # Said once, not at every look.
        if complaint and complaint != self._complaint:
            self._remark(step, Gap.UNREADABLE, complaint)
        self._complaint = complaint
        return step

    @staticmethod
    def _attempt(part: Callable[[Step], None], step: Step) -> str:
        """Do a part of a step; what is wrong, if anything is: the other parts do not depend on it."""
        try:
            part(step)
        except CorvoError as error:
            return str(error)
        return ""

    def _look(self, step: Step) -> None:
        """Queue the files that have come since the newest one that is known."""
        newest = self._files[-1] if self._files else None
        # The common case costs one stat.
        if newest is not None and newest.log.is_at(self.path):
            return
        try:
            log = open_log(self.path, self._allowed)
        except NotFound:
            self._is_deleted = newest is not None and not newest.status().st_nlink
            return
        self._is_deleted = False
        if newest is not None:
            if log.key == newest.key:
                log.close()
                return
            self._queue(self._succession.between(newest, log, self._opened()), step)
        elif self._gone is not None:
            self._queue(self._succession.since(self._gone, log, self._opened()), step)
        self._gone = None
        self.folders = self._rotation.folders
        self._files.append(self._take_back(log) or FollowedFile(log, 0, self._max_line))
        # Each of them holds a descriptor; a log that rotates faster than it is read cannot be followed whole.
        while len(self._files) > MAX_WAITING:
            self._files.popleft().close()
            self._remark(step, Gap.REPLACED)

    def _let_go(self, file: FollowedFile, step: Step) -> None:
        """Close the last file: it is deleted, has no successor, and has not grown for a while."""
        self._files.popleft()
        self._add(step, file, file.finish())
        self._gone = file.status().st_mtime_ns
        file.close()

    def _take_back(self, log: LogFile) -> FollowedFile | None:
        """The name went back to a file that was followed before: go on where it was left."""
        for file in self._late:
            if file.key == log.key:
                del self._late[file]
                log.close()
                return file
        return None

    def _opened(self) -> list[FileKey]:
        return [file.key for file in (*self._late, *self._files)]

    def _queue(self, between: Sequence[Rotated], step: Step) -> None:
        """Queue what rotation put between two files that had the name."""
        for why, detail in self._succession.remarks:
            self._remark(step, why, detail)
        for file in reversed(between):
            try:
                log = self._rotation.open(file)
            except NotFound:
                self._remark(step, Gap.VANISHED, file.path)
            except CorvoError as error:
                self._remark(step, Gap.UNREADABLE, str(error))
            else:
                self._files.append(FollowedFile(log, 0, self._max_line))

    def _read_on(self, step: Step) -> None:
        if not self._files:
            return
        file = self._files[0]
        if self._look_for_missed(file, step):
            step.more = True
            return
        # Looked at before reading: a writer that has begun the next file has written its last to this one.
        succeeded = self._is_succeeded()
        try:
            chunks = file.more()
        except FileChanged:
            self._truncated(file, step)
            return
        except DecodeError as error:
            self._remark(step, Gap.UNREADABLE, str(error))
            chunks = None
        if chunks is not None:
            self._add(step, file, chunks)
        elif self._is_deleted and len(self._files) == 1 and file.has_rested(self._monotonic(), self._linger):
            self._let_go(file, step)
        elif not succeeded and (rest := file.unfinished(self._monotonic(), self._pause)) is not None:
            step.items.append(TailItem(self.path, rest, is_unfinished=True))
        elif succeeded:
            self._files.popleft()
            self._late[file] = self._monotonic() + (0 if file.final else self._linger)
            if file.last_word is not None:
                self._remark(step, file.last_word)
        # At the end of a file that goes on growing, many lines a little later are less work than a few at once.
        step.more = succeeded or (chunks is not None and not file.at_end)

    def _is_succeeded(self) -> bool:
        if len(self._files) < 2:
            return False
        return self._files[0].final or len(self._files) > 2 or self._files[1].status().st_size > 0

    def _truncated(self, file: FollowedFile, step: Step) -> None:
        """Go on in the copies that were made before, if there are any, then in the file from its beginning."""
        mark, offset, modified = file.mark(), file.offset, file.status().st_mtime_ns
        copies = self._begin_anew(file)
        # The copy that holds the rest of what was being read, and copies that were made after that one.
        rest: FollowedFile | None = None
        newer: list[Rotated] = []
        for index, found in enumerate(copies):
            if self._succession.is_same(found, mark, modified):
                rest, newer = self._open_copy(found, offset, step), copies[:index]
                break
        if rest is None:
            # What was written between the last look and the truncation has no other place.
            self._remark(step, Gap.TRUNCATED)
        self._queue_copies([rest, *self._open_copies(newer, file, step)])
        step.more = True

    def _begin_anew(self, file: FollowedFile) -> list[Rotated]:
        """Go to the beginning of a file that was truncated; the files beside it, none newer than the truncation."""
        before = self._beside()
        for _ in range(_ATTEMPTS):
            file.start_again()
            after = self._beside()
            if before == after:
                break
            # Copied or even truncated once more meanwhile: what begins here may be another content.
            before = after
        file.known = None if file.head else {found.key for found in before}
        return before

    def _look_for_missed(self, file: FollowedFile, step: Step) -> bool:
        """What was written to a file that was empty may have been copied and truncated since: queue the copies."""
        known = file.known
        if known is None or not file.look():
            return False
        file.known = None
        missed = [found for found in self._beside() if found.key not in known and not found.path.endswith(PACKED)]
        copies = self._open_copies(missed, file, step)
        self._queue_copies(copies)
        return bool(copies)

    def _beside(self) -> list[Rotated]:
        return [found for found in self._rotation.files() if found.key not in self.open_files]

    def _queue_copies(self, copies: Sequence[FollowedFile | None]) -> None:
        """Read these next, the oldest, which is the first, before the others."""
        self._files.extendleft(copy for copy in reversed(copies) if copy is not None)

    def _open_copies(self, newest_first: Sequence[Rotated], file: FollowedFile, step: Step) -> list[FollowedFile]:
        """The copies from their beginning, the oldest first, without one that is being made of ``file`` as it is."""
        opened = [self._open_copy(found, 0, step) for found in reversed(newest_first)]
        copies = [copy for copy in opened if copy is not None]
        for copy in copies:
            if copy.is_copy_of(file):
                copy.close()
                copies.remove(copy)
                break
        return copies

    def _open_copy(self, found: Rotated, offset: int, step: Step) -> FollowedFile | None:
        try:
            log = self._rotation.open(found)
        except NotFound:
            self._remark(step, Gap.VANISHED, found.path)
            return None
        except CorvoError as error:
            self._remark(step, Gap.UNREADABLE, str(error))
            return None
        if log.is_packed or log.size > offset:
            copy = FollowedFile(log, offset, self._max_line)
            copy.final = True
            copy.last_word = Gap.TRUNCATED
            return copy
        log.close()
        return None

    def _read_late(self, step: Step) -> None:
        """Look at the files before: a writer that has not noticed the rotation still writes to them."""
        now = self._monotonic()
        for file, expiry in list(self._late.items()):
            try:
                chunks = file.more()
            except (FileChanged, DecodeError):
                chunks, expiry = None, now
            if chunks is not None:
                self._add(step, file, chunks, late=True)
                step.more = True
            # Each late file holds a descriptor, too, and keeps the disk space of a deleted one.
            elif now >= expiry or len(self._late) > MAX_LATE:
                self._add(step, file, file.finish(), late=True)
                del self._late[file]
                self._succession.remember(file)
                file.close()

    def _add(self, step: Step, file: FollowedFile, chunks: list[Chunk], *, late: bool = False) -> None:
        # To go on behind a late line would be to repeat the newer ones that were given out before it.
        mark = file.mark() if chunks and not late else None
        for chunk in chunks:
            count = chunk.data.count(b"\n", chunk.start, chunk.end)
            position = None if mark is None else Position(mark, chunk.stop)
            step.items.append(TailItem(self.path, chunk, position=position, count=count))

    def _remark(self, step: Step, why: Gap, detail: str = "") -> None:
        step.items.append(TailItem(self.path, remark=marker.gap(why, self.path, detail)))
