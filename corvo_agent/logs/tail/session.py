"""The reading side of a tail: all its logs, looked at in turn, in a thread."""

from __future__ import annotations

import glob
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from ..limits import TailLimits
from ..search.many import expand
from .followed_file import READ
from .follower import LogFollower, Position, TailItem
from .waker import Waker

_ROUND = 4 * READ  # bytes read between two deliveries


class TailSession:
    """The logs that ``patterns`` name, from ``open`` to ``close``; ``follow`` makes the LogFollower of a path.

    Its methods block and are called in threads; each waits for the one that runs. After ``close``, whenever that
    comes, nothing is open and nothing is found.
    """

    def __init__(self, patterns: Sequence[str], follow: Callable[[str], LogFollower], limits: TailLimits) -> None:
        self.waker = Waker(interval=limits.poll, rest=limits.rest, notify=limits.notify)
        self._patterns = patterns
        self._follow = follow
        self._limits = limits
        self._lock = threading.Lock()
        self._closed = False
        self._followers: dict[str, LogFollower] = {}
        self._next_scan = 0.0

    def open(self) -> dict[str, Position]:
        """Begin behind what is there; up to where each log was given out before. Raises what ``open_log`` raises."""
        positions = {}
        with self._lock:
            # close may come first: it is dispatched, and threads run in any order.
            for path in [] if self._closed else self._paths():
                follower = self._followers[path] = self._follow(path)
                follower.start()
                if (position := follower.position()) is not None:
                    positions[path] = position
            if not self._closed:
                self._next_scan = time.monotonic() + self._limits.rescan
                self.waker.open(self._patterns)
                self._watch()
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
        """One look at every log: what is new, and whether there is more at once."""
        items: list[TailItem] = []
        size = 0
        with self._lock:
            self._scan()
            left = deque(self._followers.items())
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
            more = self._watch() or bool(left)
        return items, more

    def _scan(self) -> None:
        """Follow logs that have come since, from their beginning."""
        if self._closed or time.monotonic() < self._next_scan or not any(map(glob.has_magic, self._patterns)):
            return
        for path in self._paths():
            if path not in self._followers:
                self._followers[path] = self._follow(path)
        # After the scan: listing a huge folder must not become all that the thread does.
        self._next_scan = time.monotonic() + self._limits.rescan

    def _paths(self) -> list[str]:
        return expand(self._patterns)[: self._limits.max_logs]

    def _watch(self) -> bool:
        files = {key: number for follower in self._followers.values() for key, number in follower.open_files.items()}
        return self.waker.watch(files, {folder or "." for each in self._followers.values() for folder in each.folders})
