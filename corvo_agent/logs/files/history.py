"""The files of one log as one history: the file itself and what rotation left beside it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from types import TracebackType
from typing import Self

from ...errors import CorvoError, NotFound
from ..lines import marker
from ..lines.marker import Gap
from ..lines.record import Record
from .log_file import HEAD, FileChanged, LogFile, open_log
from .packed import unpack
from .rotated_name import RotatedName
from .rotation import FileClock, Rotation
from .rotation_order import Rotated

_ITSELF = RotatedName("")


class LogHistory:
    """The files of the log ``path`` as they are now.

    The file itself is held open: what is read of it is one and the same file, also when it is rotated meanwhile.
    ``remarks`` says which files could not be read, and ``is_sure`` whether their order is. ``clock`` reads the times of
    files, ``others`` are paths of other logs.

    Raises what ``open_log`` raises for the file itself.
    """

    def __init__(
        self,
        path: str,
        allowed: Sequence[str] = (),
        *,
        rotated: bool = True,
        clock: FileClock | None = None,
        others: Collection[str] = (),
    ) -> None:
        self.path = path
        self.remarks: list[Record] = []
        self.is_sure = True
        self._rotated = rotated
        self._rotation = Rotation(path, allowed, clock, others)
        self._older: list[Rotated] | None = None
        self._current: LogFile | None = None
        try:
            self._current = open_log(path, allowed)
        except NotFound:
            # Between the two renames of a rotation there is no file of that name.
            if not self.older():
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._current is not None:
            self._current.close()

    def newest(self) -> list[Rotated]:
        """The file itself, if there is one."""
        current = self._current
        return [] if current is None else [Rotated(self.path, _ITSELF, current.modified, current.key)]

    def older(self) -> list[Rotated]:
        """The files that rotation made of it before, the newest first: those that were there at the first call."""
        if self._older is None:
            self._older = self._older_than_current(self._rotation.files()) if self._rotated else []
            for why, doubt in self._rotation.doubts:
                self.is_sure = False
                self.remarks.append(marker.gap(why, self.path, doubt))
        return self._older

    def open(self, file: Rotated) -> LogFile | None:
        """Open one of the files, wherever it is now; None, and a remark, when it cannot be read.

        Raises FileChanged when it is gone.
        """
        if self._current is not None and file.key == self._current.key:
            # A descriptor of its own, because the search closes what it opens and the history goes on.
            return self._current.duplicate()
        try:
            return self._rotation.open(file)
        except NotFound as error:
            raise FileChanged(file.path) from error
        except CorvoError as error:
            self.remark(file.path, error)
            return None

    def remark(self, path: str, error: CorvoError) -> None:
        """Say in the answer that ``path`` could not be read; raises ``error`` when that is the file itself."""
        # Without the file itself there is no answer worth giving; without an older one there is.
        if path == self.path or isinstance(error, FileChanged):
            raise error
        self.remarks.append(marker.gap(Gap.UNREADABLE, path, str(error)))

    def _older_than_current(self, files: list[Rotated]) -> list[Rotated]:
        current = self._current
        if current is None or current.is_at(self.path):
            return [file for file in files if current is None or file.key != current.key]
        keys = [file.key for file in files]
        if current.key in keys:
            return files[keys.index(current.key) + 1 :]
        # It was rotated, and compressed or deleted since: only the times tell which ones are older.
        return [file for file in files if file.modified < current.modified]


def head_of(log: LogFile) -> bytes:
    """The first bytes that a file is known by; of a compressed one, of what is inside."""
    if not log.is_packed:
        return log.head
    head = b""
    with closing(unpack(log)) as pieces:
        for piece in pieces:
            head += piece
            if len(head) >= HEAD:
                break
    return head[:HEAD]
