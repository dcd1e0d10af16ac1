"""Waits until something may have happened to files: inotify where the kernel tells, looking again where it does not.

Events are only a reason to look; what happened is read from the files themselves, so that none is ever missed because
an event was. Even with inotify a look is taken now and then.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

# Changes by other machines raise no event on these.
_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "lustre", "afs", "gpfs", "ocfs2"}
)

_EVENTS = 64 * 1024  # bytes read at once


@dataclass(frozen=True, slots=True)
class Told:
    """Which files, by device and inode, and folders something happened to."""

    files: set[tuple[int, int]]
    folders: set[str]


NOTHING = Told(set(), set())


class Waker:
    """Wakes a follower of files.

    ``interval`` is the longest time in seconds between two looks where nothing tells about changes, ``rest`` where
    inotify does. Nothing is opened before ``open``, which, like ``watch``, may block: call both in a thread.
    """

    def __init__(self, *, interval: float = 0.25, rest: float = 1.0, notify: bool = True) -> None:
        self._interval = interval
        self._rest = rest
        self._notify = notify
        self._inotify: Any = None
        self._files: dict[tuple[int, int], int] = {}
        self._folders: dict[str, int] = {}
        self._events = b""

    @property
    def seconds(self) -> float:
        """The longest time between two looks."""
        return self._interval if self._inotify is None else self._rest

    def open(self, paths: Iterable[str]) -> None:
        """Get ready; without inotify when the system has none (left) or one of ``paths`` is on another machine."""
        # Only Linux has inotify, and for files that other machines write it stays silent.
        if not self._notify or sys.platform != "linux" or any(is_remote(path) for path in paths):
            return
        from inotify_simple import INotify

        with suppress(OSError):  # no more instances, or none at all
            self._inotify = INotify(nonblocking=True)

    def watch(self, files: Mapping[tuple[int, int], int], folders: Iterable[str]) -> bool:
        """Watch these from now on and no others: ``files`` are open descriptors by device and inode.

        True when one is new: nothing told about what was done to it until now.
        """
        if self._inotify is None:
            return False
        from inotify_simple import flags

        # By descriptor: the name may lead to another file already.
        wanted = {key: f"/proc/self/fd/{descriptor}" for key, descriptor in files.items()}
        more = self._update(self._files, wanted, flags.MODIFY | flags.ATTRIB)
        changes = flags.CREATE | flags.MOVED_TO | flags.MOVED_FROM | flags.DELETE
        return self._update(self._folders, {folder: folder for folder in folders}, changes) or more

    def told(self) -> Told | None:
        """What was told since the last call; None when anything may have happened. Not to be called during ``wait``."""
        if self._inotify is None:
            return None
        from inotify_simple import flags, parse_events

        data, self._events = self._events, b""
        with suppress(BlockingIOError):
            data += os.read(self._inotify.fileno(), _EVENTS)
        events = parse_events(data)
        if any(event.mask & flags.Q_OVERFLOW for event in events):
            return None
        if not events:
            return NOTHING
        watches = {event.wd for event in events}
        return Told(
            {key for key, watch in self._files.items() if watch in watches},
            {folder for folder, watch in self._folders.items() if watch in watches},
        )

    async def wait(self) -> None:
        """Return as soon as something was told, at the latest when it is time to look again."""
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        if self._inotify is not None:
            # Registered only while a follower waits: a writer that never stops must not wake a loop at work.
            loop.add_reader(self._inotify.fileno(), woken.set)
        try:
            async with asyncio.timeout(self.seconds):
                await woken.wait()
        except TimeoutError:
            return
        finally:
            if self._inotify is not None:
                loop.remove_reader(self._inotify.fileno())
                with suppress(BlockingIOError):
                    self._events = os.read(self._inotify.fileno(), _EVENTS)

    def close(self) -> None:
        """Stop watching; idempotent."""
        inotify, self._inotify = self._inotify, None
        if inotify is not None:
            inotify.close()

    def _update(self, watched: dict[Any, int], wanted: Mapping[Any, str], mask: int) -> bool:
        for key in watched.keys() - wanted.keys():
            with suppress(OSError):  # the file is gone, and its watch with it
                self._inotify.rm_watch(watched[key])
            del watched[key]
        before = len(watched)
        for key in wanted.keys() - watched.keys():
            with suppress(OSError):  # not there, or no more watches: then looking now and then has to do
                watched[key] = self._inotify.add_watch(wanted[key], mask)
        return len(watched) > before


def is_remote(path: str, mounts: str = "/proc/self/mountinfo") -> bool:
    """Whether ``path`` lies on a file system whose files other machines may write."""
    real = os.path.realpath(path)
    best, kind = "", ""
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                before, _, after = line.partition(" - ")
                point = before.split(" ")[4].encode("latin-1", "replace").decode("unicode_escape")
                inside = real == point or real.startswith(point.rstrip("/") + "/")
                if inside and len(point) >= len(best):
                    best, kind = point, after.split(" ")[0]
    except (OSError, IndexError, UnicodeError):
        return False
    # FUSE may be anything, also a network (sshfs, s3fs): looking again is right there, too.
    return kind in _REMOTE or kind.startswith("fuse")
