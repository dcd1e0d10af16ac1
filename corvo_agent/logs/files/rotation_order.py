"""In which order the older files of a log were written.

A date in a name says it. Whether numbers grow or fall with age the names do not say: logrotate's 1 is the newest file,
log4j2's and pino-roll's the oldest. So the times inside a few of the files are asked, then when the files were last
written, and then what was found out before.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .rotated_name import PACKED, RotatedName

#: A file as a key of where it is: device and inode.
FileKey = tuple[int, int]

_ASKED = 64  # files that are opened to ask for their times, where several ways of naming stand side by side
_MOST = 4  # so many times as many pairs of neighbours have to speak for one order as speak against it


@dataclass(frozen=True, slots=True)
class Rotated:
    """An older file of a log: ``path``, what its ``name`` says, when it was last ``modified`` (nanoseconds), and its

    ``key`` (device, inode); ``size`` in bytes.
    """

    path: str
    name: RotatedName
    modified: int
    key: FileKey
    size: int = 0


class RotationOrder:
    """Sorts the older files of one log, again and again; ``first_time`` is the time of the first lines of a file.

    ``doubts`` says of the last sorting what could not be found out.
    """

    def __init__(self, first_time: Callable[[Rotated], int | None]) -> None:
        self._first_time = first_time
        self._grows: dict[str, bool] = {}
        #: Why the order is not sure; empty when it is.
        self.doubts: list[str] = []

    def newest_first(self, files: Sequence[Rotated], followed: Sequence[FileKey] = ()) -> list[Rotated]:
        """``files``, the newest one first. Some of them were ``followed``, in that order."""
        self.doubts = []
        forms: dict[str, list[Rotated]] = defaultdict(list)
        for file in files:
            forms[file.name.form].append(file)
        parts = [self._sort_form(form, members, followed) for form, members in forms.items()]
        # Several ways of naming side by side: only the times can tell how they interleave.
        return parts[0] if len(parts) == 1 else self._merge(parts)

    def _sort_form(self, form: str, files: list[Rotated], followed: Sequence[FileKey]) -> list[Rotated]:
        groups: dict[str, list[Rotated]] = defaultdict(list)
        for file in files:
            groups[file.name.date].append(file)
        most = max(groups.values(), key=len)
        most.sort(key=lambda file: file.name.number)
        grows = self._numbers_grow(form, most, followed) if len(most) > 1 else False
        sign = 1 if grows else -1
        return sorted(files, key=lambda file: (file.name.date, sign * file.name.number), reverse=True)

    def _numbers_grow(self, form: str, files: list[Rotated], followed: Sequence[FileKey]) -> bool:
        """Whether a larger number is newer, of ``files`` sorted by number."""
        written = [file for file in files if file.size]
        found = _direction([self._first_time(file) for file in _some(written)])
        if found is None:
            found = _direction([file.modified for file in files])
        if found is None:
            found = self._grows.get(form)
        if found is None and followed:
            found = _direction([followed.index(file.key) for file in files if file.key in followed])
        if found is None and followed and not any(file.path.endswith(PACKED) for file in files):
            # What is beside the one that was followed, and was not, came later; a packed one is another by its key.
            found = {files[0].key: True, files[-1].key: False}.get(followed[-1])
        if found is not None:
            self._grows[form] = found
            return found
        # Files without a line may stand anywhere, but the one that all others are older or newer than.
        matter = {file.key for file in written} - set(followed[:-1]) | ({file.key for file in files} & {*followed[-1:]})
        if len(matter) > 1:
            first, last = files[0].path, files[-1].path
            self.doubts.append(f"whether {first} or {last} is older cannot be told")
        # What most programs do: numbers fall with time, but those behind a date grow.
        return bool(files[0].name.date)

    def _merge(self, parts: list[list[Rotated]]) -> list[Rotated]:
        files = [file for part in parts for file in part]
        times: dict[FileKey, int] = {}
        if len(files) <= _ASKED:
            for file in files:
                if (time := self._first_time(file)) is not None:
                    times[file.key] = time
        if len(times) < len(files):
            times = {file.key: file.modified for file in files}
        return list(heapq.merge(*parts, key=lambda file: -times[file.key]))


def _some(files: Sequence[Rotated]) -> Sequence[Rotated]:
    """The first, the middle and the last one."""
    return files if len(files) < 3 else (files[0], files[len(files) // 2], files[-1])


def _direction(times: Sequence[int | None]) -> bool | None:
    """Whether ``times`` grow; None when they do not tell."""
    known = [time for time in times if time is not None]
    up = sum(one < other for one, other in pairwise(known))
    down = sum(one > other for one, other in pairwise(known))
    if up > down * _MOST:
        return True
    return False if down > up * _MOST else None
