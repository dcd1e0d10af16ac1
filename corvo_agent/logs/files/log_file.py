"""Opening log files: regular files inside the allowed folders and nothing else, with errors that say what is wrong."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from ...errors import CorvoError, NotFound, PermissionRefused, Unavailable, Unsupported, system_reason
from .log_folders import check_place
from .rotated_name import PACKED

#: How many bytes at the start of a file tell it from others.
HEAD = 256

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


class FileChanged(CorvoError):
    """A file was truncated or rewritten while it was read: what was read of it must not be used."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} changed while it was read"


class LogFile:
    """One open file: a descriptor stays with its file however the names around it change.

    ``path`` is the name it was opened by. Not safe for two threads at once. Takes over ``descriptor``.
    """

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor
        status = os.fstat(descriptor)
        #: Whether it is compressed.
        self.is_packed = path.endswith(PACKED)
        #: Device and inode.
        self.key = (status.st_dev, status.st_ino)
        #: When it was last written, and its length in bytes, when it was opened.
        self.modified = status.st_mtime_ns
        self.size = status.st_size
        #: Its first bytes.
        self.head = self.read(HEAD, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it; may be called again."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def duplicate(self) -> LogFile:
        """Another one on the same file, to be closed on its own."""
        return LogFile(self.path, os.dup(self.descriptor))

    def read(self, count: int, offset: int) -> bytes:
        """At most ``count`` bytes at ``offset``; fewer at the end of the file. Raises as ``open_log`` does."""
        try:
            return os.pread(self.descriptor, count, offset)
        except OSError as error:
            raise translate(error, self.path) from error

    def fill(self, view: memoryview, offset: int) -> None:
        """Read exactly ``len(view)`` bytes at ``offset``. Raises FileChanged when the file has become shorter."""
        done = 0
        while done < len(view):
            try:
                count = os.preadv(self.descriptor, [view[done:]], offset + done)
            except OSError as error:
                raise translate(error, self.path) from error
            if count == 0:
                raise FileChanged(self.path)
            done += count

    def next_data(self, position: int) -> int:
        """Where data starts that was ever written, at ``position`` or behind the hole that is there."""
        try:
            return os.lseek(self.descriptor, position, os.SEEK_DATA)
        except OSError as error:
            # There is none behind it; and not every file system knows about holes.
            if error.errno in (errno.ENXIO, errno.EINVAL, errno.EOPNOTSUPP):
                return position
            raise translate(error, self.path) from error

    def check(self) -> None:
        """Raises FileChanged when the bytes that were read are no longer the file's: truncated, or written anew."""
        if os.fstat(self.descriptor).st_size < self.size or self.read(len(self.head), 0) != self.head:
            raise FileChanged(self.path)

    def is_at(self, path: str) -> bool:
        """Whether ``path`` names this file now."""
        try:
            status = os.stat(path)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self.key


def open_log(path: str, allowed: Sequence[str] = ()) -> LogFile:
    """Open a log file for reading.

    ``allowed`` are the folders that it has to be in, as paths without links: see ``check_place``; none: any.

    Raises NotFound, PermissionRefused (also for a file elsewhere), Unsupported for anything but a regular file on
    a disk (directories, FIFOs, devices, /proc and /sys), Unavailable for every other failure of the system.
    """
    try:
        # It names the file and does nothing to it: to open some devices is to use them.
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except ValueError as error:  # a NUL in the name
        raise NotFound("log file", path, str(error)) from error
    except OSError as error:
        raise translate(error, path) from error
    try:
        _refuse_special(path, os.fstat(place))
        check_place(path, place, allowed)
        # What was looked at is what is opened, whatever has its name by now.
        descriptor = os.open(f"/proc/self/fd/{place}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise translate(error, path) from error
    finally:
        os.close(place)
    try:
        return LogFile(path, descriptor)
    except BaseException:
        os.close(descriptor)
        raise


def fingerprint(head: bytes) -> str:
    """A short digest of a file's first bytes, the same after it was renamed, copied or compressed."""
    return hashlib.blake2b(head, digest_size=9).hexdigest()


def translate(error: OSError, path: str) -> CorvoError:
    """The error of ours for a failed call on a log file; raise it ``from`` the original."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotFound("log file", path)
    if error.errno in (errno.EACCES, errno.EPERM):
        return PermissionRefused(f"log file {path}", "no permission to read it")
    if error.errno in (errno.ENXIO, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL):
        return Unsupported(f"reading {path}", os.strerror(error.errno))
    return Unavailable(f"log file {path}", system_reason(error))


def _refuse_special(path: str, status: os.stat_result) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise Unsupported(f"reading {path}", f"it is {_KINDS.get(kind, 'no regular file')}")
    if status.st_dev in _virtual_devices():
        raise Unsupported(f"reading {path}", "it is made up by the kernel, not a file on a disk")


def _virtual_devices() -> set[int]:
    devices = set()
    for folder in ("/proc", "/sys"):
        try:
            devices.add(os.stat(folder).st_dev)
        except OSError:  # not mounted here
            continue
    return devices
