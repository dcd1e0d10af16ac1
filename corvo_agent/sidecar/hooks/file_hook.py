"""Levels by file: for programs that read their level from a file and watch it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from ...errors import PermissionRefused, Unavailable, system_reason
from ...levels.level import Level
from .protocol import LEVEL_NAMES, LevelChange, placeholders
from .template import HookTemplate

_NEW_FILE_MODE = 0o644
# A mount point, a folder that may not be written, an owner that may not be given, a file system that is read only but
# for this file.
_NOT_REPLACED = (errno.EBUSY, errno.EACCES, errno.EPERM, errno.EROFS, errno.EXDEV)


class FileHook:
    """Writes ``template`` into the file ``path``, whole or not at all: a reader never sees half of it.

    Where the file cannot be replaced (a bind mount, a folder that may not be written, another owner that could not be
    kept) it is written over in one write, in which a reader may see the old end behind the new beginning.

    With ``{logger}`` in the path each logger has its own file (``root`` for all of them); ``/`` in a logger's name
    becomes ``_``. A file that exists keeps its owner and mode, a symbolic link keeps pointing to it. Raises ConfigError
    when a template has an unknown placeholder.
    """

    def __init__(
        self, path: str | os.PathLike[str], template: str = "{level}\n", *, names: Mapping[Level, str] = LEVEL_NAMES
    ) -> None:
        self._path = HookTemplate(os.fspath(path), "path of the level hook")
        self._template = HookTemplate(template, "template of the level hook")
        self._names = names
        # The number of the newest content for each path, and what is held while one is put in place: a write that
        # was given up but goes on in its thread must not come after a newer one.
        self._newest: dict[Path, int] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The file."""
        return f"file {self._path.text}"

    @property
    def knows_loggers(self) -> bool:
        """Whether the path has the logger in it."""
        return "logger" in self._path.names

    async def set_level(self, change: LevelChange) -> None:
        """Write the file. Raises PermissionRefused, or Unavailable for anything else that the system says."""
        values = placeholders(change, self._names)
        values["logger"] = values["logger"] or "root"
        path = Path(self._path.fill(values, lambda value: value.replace("/", "_").replace("..", "__")))
        number = self._newest[path] = self._newest.get(path, 0) + 1
        try:
            await asyncio.to_thread(self._write, path, number, self._template.fill(values))
        except PermissionError as error:
            raise PermissionRefused(f"writing {path}", system_reason(error)) from error
        except OSError as error:
            raise Unavailable(str(path), system_reason(error)) from error

    def _write(self, path: Path, number: int, text: str) -> None:
        with self._lock:
            if self._newest[path] == number:
                _put(path, text.encode())


def _put(path: Path, content: bytes) -> None:
    # A rename onto a symbolic link would replace the link.
    path = path.resolve()
    try:
        there = path.stat()
    except FileNotFoundError:
        _replace(path, content, None)
        return
    try:
        _replace(path, content, there)
    except OSError as error:
        # Where the file itself may be written all the same, that is what is left.
        if error.errno not in _NOT_REPLACED:
            raise
        _write_over(path, content)


def _replace(path: Path, content: bytes, before: os.stat_result | None) -> None:
    # In the same folder, because a file can be renamed atomically only within its file system.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            if before is None:
                os.fchmod(file.fileno(), _NEW_FILE_MODE)
            else:
                made = os.fstat(file.fileno())
                if (made.st_uid, made.st_gid) != (before.st_uid, before.st_gid):
                    # The program that reads it may be another user's, and the only one who may.
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
                # After the owner: a change of that takes the set-id bits away.
                os.fchmod(file.fileno(), before.st_mode & 0o7777)
            file.write(content)
            file.flush()
            # Before the rename, or a crash could leave an empty file under the name.
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def _write_over(path: Path, content: bytes) -> None:
    # Cut to its length afterwards, so that it is never empty.
    with open(path, "r+b", buffering=0) as file:
        file.write(content)
        file.truncate()
        os.fsync(file.fileno())
