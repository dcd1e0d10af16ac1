"""The older files that rotation left beside a log: finding them, sorting them, opening them while they move."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import Protocol

from ...errors import CorvoError, NotFound
from ..lines.marker import Gap
from .cursor import TELLING
from .log_file import HEAD, LogFile, open_log, translate
from .rotated_name import PACKED, bases_of, read_rotated_name
from .rotation_order import FileKey, Rotated, RotationOrder

# Names change while they are listed when a log is rotated; a link that leads nowhere looks the same each time.
_ATTEMPTS = 3
_COMPARED = 64  # files that one without a date or a number is compared with
_SLACK = 2 * 10**9  # nanoseconds that the first line of a file may be older than the last change of the one before


class FileClock(Protocol):
    """Reads the times of files."""

    def first_time(self, log: LogFile) -> int | None:
        """The time of the first lines of ``log``, in nanoseconds since the epoch; None when they have none."""
        ...


class Rotation:
    """The older files of the log ``path``, in the folders ``allowed`` (none: any), whose times ``clock`` reads.

    They are beside the file that has the name now: of a link, beside what it leads to and beside the link.
    ``others`` are paths of logs of their own.
    """

    def __init__(
        self,
        path: str,
        allowed: Sequence[str] = (),
        clock: FileClock | None = None,
        others: Collection[str] = (),
    ) -> None:
        self.path = path
        #: What is not sure about the last list, and how a record says it.
        self.doubts: list[tuple[Gap, str]] = []
        self._allowed = allowed
        self._clock = clock
        self._others = others
        self._order = RotationOrder(self._first_time)
        self._proven: set[str] = set()  # forms of names that may be those of other logs, and are not

    @property
    def folders(self) -> set[str]:
        """The folders that the files of the log are in now."""
        return {folder for folder, _ in self._places()}

    def files(self, followed: Sequence[FileKey] = ()) -> list[Rotated]:
        """The older files, the newest first. Those that were ``followed`` are the log's, in that order.

        Raises as ``open_log`` when the folder cannot be listed.
        """
        for _ in range(_ATTEMPTS):
            found, whole = self._list()
            if whole:
                break
        self.doubts = []
        files = self._without_copies(_without_packed_twice(found))
        files = self._without_other_logs(files, followed)
        files = self._order.newest_first(files, followed) if files else []
        self.doubts += [(Gap.ORDER, doubt) for doubt in self._order.doubts]
        return files

    def open(self, file: Rotated) -> LogFile:
        """Open ``file``, wherever rotation has moved it since its name was read.

        Raises NotFound when it is gone, and what ``open_log`` raises.
        """
        name = file.path
        for _ in range(_ATTEMPTS):
            with suppress(NotFound):
                log = open_log(name, self._allowed)
                # The name may belong to the next file by now: rotation moves them all up by one.
                if log.key == file.key:
                    return log
                log.close()
            found = [other.path for other in self._list()[0] if other.key == file.key]
            if not found:
                break
            name = found[0]
        raise NotFound("log file", file.path, "rotated away")

    def _places(self) -> list[tuple[str, str]]:
        """Folders, and the names of which those of the older files are made there."""
        folder, base = os.path.split(self.path)
        places = [(folder, base)]
        if os.path.islink(self.path):
            target = os.path.realpath(self.path)
            folder, base = os.path.split(target)
            # The link may lead to the newest of files that are all named by dates or numbers.
            places += [(folder, each) for each in (base, *bases_of(base))]
        return list(dict.fromkeys(places))

    def _list(self) -> tuple[list[Rotated], bool]:
        """What is there now, and whether nothing was renamed meanwhile: such a file may be there twice or not."""
        found: dict[FileKey, Rotated] = {}
        count = 0
        for folder, base in self._places():
            try:
                names = os.listdir(folder or ".")
            except OSError as error:
                raise translate(error, folder) from error
            for name in names:
                # Asked first, because it is said of most names in no time.
                parts = read_rotated_name(name, base) if name.startswith(os.path.splitext(base)[0]) else None
                path = os.path.join(folder, name)
                if parts is None or path in self._others:
                    continue
                try:
                    status = os.stat(path)
                except OSError:  # a link that leads nowhere, or rotated away while we look
                    count += 1
                    continue
                key = (status.st_dev, status.st_ino)
                if parts.is_doubtful and key in found and found[key].path == path:
                    continue
                count += key not in found or found[key].path != path
                # By device and inode: a file that is renamed while the folder is listed is found under both names.
                size = status.st_size if stat.S_ISREG(status.st_mode) else 0
                found[key] = Rotated(path, parts, status.st_mtime_ns, key, size)
        return list(found.values()), len(found) == count

    def _first_time(self, file: Rotated) -> int | None:
        if self._clock is None:
            return None
        with suppress(CorvoError), self.open(file) as log:
            return self._clock.first_time(log)
        return None

    def _without_copies(self, files: list[Rotated]) -> list[Rotated]:
        """Without those that are a copy of what another one begins with, as people make them by hand."""
        by_hand = [file for file in files if file.name.is_word and not file.path.endswith(PACKED)]
        if not by_hand:
            return files
        copies = set()
        with suppress(CorvoError):
            others = [self.path, *(file.path for file in files if not file.path.endswith(PACKED))][:_COMPARED]
            copies = {file.key for file in by_hand if any(self._is_copy(file, other) for other in others)}
        return [file for file in files if file.key not in copies]

    def _is_copy(self, file: Rotated, path: str) -> bool:
        with suppress(CorvoError), open_log(path, self._allowed) as other, self.open(file) as log:
            end = max(log.size - HEAD, 0)
            return (
                other.key != log.key
                and TELLING <= log.size <= other.size
                and other.head.startswith(log.head)
                and other.read(HEAD, end)[: log.size - end] == log.read(HEAD, end)
            )
        return False

    def _without_other_logs(self, files: list[Rotated], followed: Collection[FileKey]) -> list[Rotated]:
        """Without those whose names may be names of logs of their own, unless the files say that they are not."""
        doubtful: dict[str, list[Rotated]] = {}
        for file in files:
            if file.name.is_doubtful and file.name.form not in self._proven:
                doubtful.setdefault(file.name.form, []).append(file)
        refused = set()
        for form, members in doubtful.items():
            # The file itself was given such a name before our eyes, or none of them is a log now.
            if any(file.key in followed for file in members) or self._were_ended(members):
                self._proven.add(form)
            else:
                refused.add(form)
                names = ", ".join(sorted(os.path.basename(file.path) for file in members)[:3])
                self.doubts.append((Gap.UNREADABLE, f"not told from other logs by their names: {names}"))
        return [file for file in files if file.name.form not in refused]

    def _were_ended(self, files: Sequence[Rotated]) -> bool:
        """Whether some are packed, which only rotation does, or none was written to since the log's file was begun."""
        if any(file.path.endswith(PACKED) for file in files):
            return True
        with suppress(CorvoError), open_log(self.path, self._allowed) as log:
            first = None if self._clock is None else self._clock.first_time(log)
            return first is not None and all(file.modified <= first + _SLACK for file in files)
        return False


def _without_packed_twice(files: Iterable[Rotated]) -> list[Rotated]:
    """Where a file is there plain and compressed, only the plain one."""
    plain = {file.path: file for file in files}
    for path in list(plain):
        for suffix in PACKED:
            if path.endswith(suffix) and path.removesuffix(suffix) in plain:
                plain.pop(path, None)
    return list(plain.values())
