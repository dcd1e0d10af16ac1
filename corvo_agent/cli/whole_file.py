"""Files that are there as a whole or not at all, and that only their owner reads."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Put ``content`` into the file ``path``, which is replaced and has mode 0600 then, and its owner as before.

    When the disk is full, or the process ends before, what was there stays, or nothing is there. A device or a pipe is
    written to as it is. Blocks on the disk; raises OSError.
    """
    try:
        if path.exists() and not path.is_file():
            # As it is named: what /dev/stdout points to has no other name where that is a pipe.
            path.write_bytes(content)
        else:
            # The rename would replace a link, and leave what it points to.
            _replace(path.resolve(), content)
    except OSError as error:
        # Named as its caller named it; the temporary file would tell a person nothing.
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(path: Path, content: bytes) -> None:
    # Late: most commands write no file.
    import tempfile

    # In the same folder: a file can be renamed only within its file system. mkstemp lets its owner alone read it.
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with open(number, "wb") as file:
            _keep_owner(number, path)
            file.write(content)
            file.flush()
            # Some disks say only now that they are full.
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _keep_owner(number: int, path: Path) -> None:
    # What root adds to the tokens of a gateway, that one has to read as its own user.
    with contextlib.suppress(FileNotFoundError, PermissionError):
        before = path.stat()
        if before.st_uid != os.geteuid():
            os.fchown(number, before.st_uid, before.st_gid)
