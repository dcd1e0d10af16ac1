"""Which files rotation put between two that had the name of a log, and which ones were followed before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress

from ...errors import CorvoError
from ..files.cursor import FileMark
from ..files.history import head_of
from ..files.log_file import HEAD, LogFile, open_log
from ..files.rotated_name import PACKED
from ..files.rotation import Rotation
from ..files.rotation_order import FileKey, Rotated
from ..lines.marker import Gap
from .followed_file import FollowedFile

_ATTEMPTS = 3
_REMEMBERED = 256  # files that were followed


class Succession:
    """Knows what was followed of the log that ``rotation`` finds the files of, in the folders ``allowed`` (none: any).

    Each file is given out once. Blocks: call it in a thread.
    """

    def __init__(self, rotation: Rotation, allowed: Sequence[str] = ()) -> None:
        self._rotation = rotation
        self._allowed = allowed
        self._closed: OrderedDict[FileKey, FileMark] = OrderedDict()
        #: What there is to say of the last answer, to be taken by the caller.
        self.remarks: list[tuple[Gap, str]] = []

    def remember(self, file: FollowedFile) -> None:
        """``file`` was followed to its end, and is about to be closed."""
        self._closed.pop(file.key, None)
        # The inode of one that is deleted is used again once it is closed.
        if file.status().st_nlink:
            self._closed[file.key] = file.mark()
        while len(self._closed) > _REMEMBERED:
            self._closed.popitem(last=False)

    def was_followed(self, path: str, key: FileKey) -> bool:
        """Whether the file ``path`` is one that was followed and closed."""
        mark = self._closed.get(key)
        if mark is None:
            return False
        # An inode is used again once its file is deleted.
        with suppress(CorvoError), open_log(path, self._allowed) as log:
            return log.key == key and mark.fits(log.head)
        return False

    def between(self, old: FollowedFile, new: LogFile, opened: Sequence[FileKey]) -> list[Rotated]:
        """What is newer than ``old`` and older than ``new``, the newest first.

        ``opened`` are the files that are open, in the order that they are read. Sets ``remarks``.
        """
        self.remarks = []
        status = old.status()
        for _ in range(_ATTEMPTS):
            files = self._rotation.files([*self._closed, *opened])
            keys = [file.key for file in files]
            # One that is renamed while the folder is listed may not be found under either name.
            if old.key in keys or not status.st_nlink:
                break
        files = files[keys.index(new.key) + 1 if new.key in keys else 0 :]
        keys = [file.key for file in files]
        place = keys.index(old.key) if old.key in keys else self._packed_place(files, old)
        if place is not None:
            found = files[:place]
        else:
            # Moved elsewhere or deleted: its place among the others is gone with its name, only the times are left.
            found = [file for file in files if file.modified >= status.st_mtime_ns]
            found = self._not_followed(found, opened)
            if found and not old.status().st_nlink:
                self.remarks.append((Gap.REPLACED, ""))
        # Where there is nothing besides the file itself, any order is right.
        doubts = [(why, doubt) for why, doubt in self._rotation.doubts if why is not Gap.ORDER or len(files) > 1]
        self.remarks += doubts
        return self._not_followed(found, opened) if self.remarks else found

    def since(self, moment: int, new: LogFile, opened: Sequence[FileKey]) -> list[Rotated]:
        """What was written after ``moment`` (nanoseconds) and is older than ``new``; otherwise as ``between``."""
        files = self._rotation.files([*self._closed, *opened])
        keys = [file.key for file in files]
        files = files[keys.index(new.key) + 1 if new.key in keys else 0 :]
        self.remarks = list(self._rotation.doubts)
        return self._not_followed([file for file in files if file.modified > moment], opened)

    def is_same(self, found: Rotated, mark: FileMark, modified: int) -> bool:
        """Whether a file starts as that with ``mark`` does: a copy of it, compressed or not."""
        # Too short to be known by its beginning alone; compressing keeps the time.
        if not mark.tells and found.modified != modified:
            return False
        with suppress(CorvoError), self._rotation.open(found) as log:
            return mark.fits(head_of(log))
        return False

    def _packed_place(self, files: Sequence[Rotated], old: FollowedFile) -> int | None:
        """Where among ``files`` the one is that became of ``old`` when it was compressed."""
        mark, place = FileMark.of(old.log.read(HEAD, 0), old.key[1]), None
        for index, file in enumerate(files):
            if not file.path.endswith(PACKED) or not self._is_packed(file, mark, old.status().st_mtime_ns):
                continue
            if place is not None:
                self.remarks.append((Gap.ORDER, f"{files[place].path} and {file.path} begin alike"))
            place = index
            # Another one may begin alike only where there is little to begin with.
            if mark.tells:
                break
        return place

    def _is_packed(self, found: Rotated, mark: FileMark, modified: int) -> bool:
        if not self.is_same(found, mark, modified):
            return False
        with suppress(CorvoError), self._rotation.open(found) as log:
            return mark.length == HEAD or len(head_of(log)) == mark.length
        return False

    def _not_followed(self, files: Sequence[Rotated], opened: Sequence[FileKey]) -> list[Rotated]:
        return [file for file in files if file.key not in opened and not self.was_followed(file.path, file.key)]
