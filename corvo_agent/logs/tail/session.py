"""The reading side of a tail: all its logs, looked at in turn, in a thread."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Sequence

from ..files.log_paths import expand, literal_path
from ..files.rotated_name import bases_of
from ..files.rotation_order import FileKey
from ..limits import TailLimits
from ..lines import marker
from ..lines.marker import Gap
from .followed_file import READ
from .follower import LogFollower, Position, TailItem
from .waker import Waker

_ROUND = 4 * READ  # bytes read between two deliveries
_SETTLED = 2 * 10**9  # nanoseconds after which a change of a folder has its own time

#: Makes the follower of a path; the other paths that are followed change with time.
FollowerFactory = Callable[[str, Collection[str]], LogFollower]


class TailSession:
    """The logs that ``patterns`` name, from ``open`` to ``close``; ``follow`` makes the LogFollower of a path.

    Its methods block and are called in threads; each waits for the one that runs. After ``close``, whenever that
    comes, nothing is open and nothing is found.
    """

    def __init__(self, patterns: Sequence[str], follow: FollowerFactory, limits: TailLimits) -> None:
        self.waker = Waker(interval=limits.poll, rest=limits.rest, notify=limits.notify)
        self._patterns = patterns
        self._follow = follow
        self._limits = limits
        self._lock = threading.Lock()
        self._closed = False
        self._followers: dict[str, LogFollower] = {}
        self._busy: set[str] = set()  # logs that had more to give
        self._open: dict[str, dict[FileKey, int]] = {}  # files that are open, by log
        self._by_file: dict[FileKey, str] = {}
        self._by_folder: dict[str, set[str]] = {}
        self._next_look = 0.0  # at every log, whatever was told
        self._next_scan = 0.0
        self._scanned: dict[str, int] | None = None  # when the folders that were listed had changed
        self._left_out = self._said = 0  # logs that are too many, and as many as was said
        self._named: set[str] = set()  # paths that are no patterns

    def open(self) -> dict[str, Position]:
        """Begin behind what is there; up to where each log was given out before. Raises what ``open_log`` raises."""
        positions = {}
        with self._lock:
            # close may come first: it is dispatched, and threads run in any order.
            self._named = {path for path in map(literal_path, self._patterns) if path is not None}
            for path in [] if self._closed else self._paths():
                follower = self._followers[path] = self._follow(path, self._followers.keys())
                follower.start()
                if (position := follower.position()) is not None:
                    positions[path] = position
            if not self._closed:
                self._next_scan = time.monotonic() + self._limits.rescan
                self.waker.open(self._patterns)
                self._watch(self._followers)
        return positions

    def close(self) -> None:
        """Close everything; idempotent."""
        with self._lock:
            self._closed = True
            self.waker.close()
            for follower in self._followers.values():
                follower.close()
            self._followers.clear()

    def round(self) -> tuple[list[TailItem], bool]:
        """One look at every log that may have something: what is new, and whether there is more at once."""
        items: list[TailItem] = []
        size = 0
        with self._lock:
            self._scan()
            items += self._say_left_out()
            chosen = self._chosen()
            left = deque((path, self._followers[path]) for path in chosen)
            while left and size < _ROUND:
                path, follower = left.popleft()
                step = follower.step()
                items += step.items
                # A log with more to give counts at least what it read, also when all of it was dropped as too long.
                size += max(sum(item.size for item in step.items), READ * step.more)
                if step.more:
                    left.append((path, follower))
                # The ones that were looked at last have their turn last.
                self._followers[path] = self._followers.pop(path)
            self._busy = {path for path, _ in left}
            more = self._watch(chosen) or bool(left)
        return items, more

    def _chosen(self) -> list[str]:
        """The logs to look at: those that something was told of, and now and then all of them."""
        told, now = self.waker.told(), time.monotonic()
        if told is None or now >= self._next_look:
            self._next_look = now + self.waker.seconds
            return list(self._followers)
        chosen = set(self._busy)
        chosen.update(self._by_file[key] for key in told.files if key in self._by_file)
        for folder in told.folders:
            chosen |= self._by_folder.get(folder, set())
        return [path for path in self._followers if path in chosen] if chosen else []

    def _scan(self) -> None:
        """Follow logs that have come since, from their beginning, and no longer those that are gone."""
        if self._closed or time.monotonic() < self._next_scan or None not in map(literal_path, self._patterns):
            return
        if self._may_have_changed():
            for path in self._paths():
                if path not in self._followers and not self._is_followed(path):
                    self._followers[path] = self._follow(path, self._followers.keys())
                    self._next_look = 0.0
        for path in [path for path, files in self._open.items() if not files]:
            if path not in self._named and not os.path.lexists(path):
                self._forget(path)
        # After the scan: listing a huge folder must not become all that the thread does.
        self._next_scan = time.monotonic() + self._limits.rescan

    def _say_left_out(self) -> list[TailItem]:
        """Say that there are more logs than can be followed, whenever there are more than was said."""
        if self._left_out <= self._said:
            return []
        self._said = self._left_out
        text = f"of {self._left_out + len(self._followers)} logs {self._left_out} are not followed: they are too many"
        return [TailItem(self._patterns[0], remark=marker.gap(Gap.UNREADABLE, self._patterns[0], text))]

    def _may_have_changed(self) -> bool:
        """Whether a name may have come or gone since the last call, as far as the folders' times tell."""
        now, before = time.time_ns(), self._scanned
        try:
            folders = {os.path.dirname(pattern) or "." for pattern in self._patterns}
            self._scanned = {folder: os.stat(folder).st_mtime_ns for folder in folders}
        except OSError:  # a pattern in it, or not there
            self._scanned = None
        # What changes at about the time of a listing may have the same time as what changed before it.
        return self._scanned is None or self._scanned != before or now - max(self._scanned.values()) < _SETTLED

    def _is_followed(self, path: str) -> bool:
        """Whether the file is that of a log which was given this name, which a log of its own may have as well."""
        folder, name = os.path.split(path)
        for base in bases_of(name):
            follower = self._followers.get(os.path.join(folder, base))
            if follower is not None:
                try:
                    status = os.stat(path)
                except OSError:
                    return True
                if follower.has_begun(path, (status.st_dev, status.st_ino)):
                    return True
        return False

    def _forget(self, path: str) -> None:
        self._followers.pop(path).close()
        self._open.pop(path, None)
        self._busy.discard(path)
        self._place()

    def _paths(self) -> list[str]:
        # Each log holds a descriptor, and the process needs some for other things.
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        most = self._limits.max_logs if allowed == resource.RLIM_INFINITY else min(self._limits.max_logs, allowed // 2)
        found = expand(self._patterns, self._followers.keys())
        self._left_out = max(len(found) - most, 0)
        return found[:most]

    def _watch(self, looked_at: Collection[str]) -> bool:
        """Watch what the logs that were looked at have open now; whether one of the files is new."""
        if self._closed:
            return False
        changed = False
        for path in looked_at:
            files = self._followers[path].open_files
            if self._open.get(path) != files:
                self._open[path] = files
                changed = True
        if not changed:
            return False
        self._place()
        files = {key: number for each in self._open.values() for key, number in each.items()}
        is_new = self.waker.watch(files, self._by_folder)
        if is_new:
            # Nothing told about what was done to it until now.
            self._next_look = 0.0
        return is_new

    def _place(self) -> None:
        self._by_file = {key: path for path, files in self._open.items() for key in files}
        folders: dict[str, set[str]] = defaultdict(set)
        for path, follower in self._followers.items():
            for folder in follower.folders:
                folders[folder or "."].add(path)
        self._by_folder = dict(folders)
