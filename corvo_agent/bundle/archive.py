"""The archive: a gzipped tar that is there as a whole or not at all, and no larger than allowed."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import shutil
import tarfile
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

from ..errors import ResourceExhausted

T = TypeVar("T")
#: What a file system says that knows no files without a name.
_NO_TMPFILE = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL)


class Archive:
    """Writes ``path``; an async context manager. Files may be added by several tasks at once.

    Everything lies below one folder of the archive, called ``top``. All files together hold at most ``max_bytes``. It
    has no name until ``commit`` gives it that of ``path``: if the program ends before, nothing is left behind.
    (A file system without such files gets one with a name beside ``path``, which leaving removes.) Only its
    owner may read it. A device or a pipe is written to as it is. Entering and calls raise OSError.
    """

    def __init__(self, path: Path, top: str, max_bytes: int) -> None:
        self._path = path
        self._top = top
        self._max_bytes = max_bytes
        self._lock = asyncio.Lock()
        self._temporary: Path | None = None
        # Written to as it is, when everything is there, and never replaced.
        self._is_device = False
        self._file: IO[bytes]
        self._tar: tarfile.TarFile
        #: Bytes of the files in it, before compression, and how many files.
        self.bytes = 0
        self.files = 0

    async def __aenter__(self) -> Self:
        """Create the file that becomes ``path``."""
        opening = asyncio.create_task(asyncio.to_thread(self._open))
        try:
            await _uninterrupted(opening)
        except asyncio.CancelledError:
            if not opening.cancelled() and opening.exception() is None:
                self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was not committed. At once and on the loop: it must not be cancelled half-way."""
        self._close()

    async def add(self, name: str, content: bytes, *, bounded: bool = True) -> None:
        """Add a file. Raises ResourceExhausted when it does not fit; what describes the rest is not ``bounded``."""
        async with self._lock:
            if bounded and self.bytes + len(content) > self._max_bytes:
                raise ResourceExhausted("bytes of the bundle", self._max_bytes, self.bytes + len(content))
            # Shielded: half a file would spoil the archive.
            await _uninterrupted(asyncio.create_task(asyncio.to_thread(self._add, name, content)))

    async def commit(self) -> int:
        """Put it in its place; its size on the disk in bytes."""
        async with self._lock:
            committing = asyncio.create_task(asyncio.to_thread(self._commit))
            # Half of it would be left beside its place; but the reader of a pipe may never come.
            return await (committing if self._is_device else _uninterrupted(committing))

    def _open(self) -> None:
        folder = self._path.parent
        if self._path.is_dir():
            # Told now, and not when everything has been collected.
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(self._path))
        if self._path.exists() and not self._path.is_file():
            self._is_device, folder = True, Path(tempfile.gettempdir())
        elif self._path.is_symlink():
            # The rename would replace the link, and leave what it points to.
            self._path = self._path.resolve()
            folder = self._path.parent
        try:
            number = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if error.errno not in _NO_TMPFILE:
                raise
            # mkstemp makes it readable by its owner alone, too.
            number, name = tempfile.mkstemp(prefix=f".{self._path.name}.", suffix=".part", dir=folder)
            self._temporary = Path(name)
        self._file = os.fdopen(number, "w+b")
        self._tar = tarfile.open(fileobj=self._file, mode="w:gz", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def _close(self) -> None:
        if self._temporary is not None:
            with suppress(OSError):
                self._temporary.unlink()
        # What was not committed is of no use any more, but the compressor in between warns unless it is closed.
        with suppress(OSError):
            self._tar.close()
        self._file.close()

    def _add(self, name: str, content: bytes) -> None:
        entry = tarfile.TarInfo(f"{self._top}/{name}")
        entry.size, entry.mode, entry.mtime = len(content), 0o600, int(time.time())
        self._tar.addfile(entry, io.BytesIO(content))
        self.bytes += len(content)
        self.files += 1

    def _commit(self) -> int:
        self._tar.close()
        self._file.flush()
        size = os.fstat(self._file.fileno()).st_size
        if self._is_device:
            self._file.seek(0)
            with open(self._path, "wb") as device:
                shutil.copyfileobj(self._file, device)
            return size
        os.fsync(self._file.fileno())
        if self._temporary is None:
            self._temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.part")
            _link(self._file.fileno(), self._temporary)
        self._temporary.replace(self._path)
        self._temporary = None
        return size


def _link(number: int, path: Path) -> None:
    """Give a name to the open file without one."""
    path.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Only with a folder does Python follow the link that /proc shows, as the kernel wants it.
        os.link(f"/proc/self/fd/{number}", path.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


async def _uninterrupted(task: asyncio.Task[T]) -> T:
    """Wait for ``task`` to its end even when cancelled, which then comes out after it."""
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
