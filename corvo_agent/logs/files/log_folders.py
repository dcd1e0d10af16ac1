"""In which folders the files of a log may be, and whose they have to be there.

A caller reads what the agent may read, and an agent often may read more than whoever owns the folder of a log. So a
link that was put beside the log, or in its place, is followed only to where the operator lets it lead.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence

from ...errors import PermissionRefused
from .log_paths import literal_path

_WRITABLE_BY_OTHERS = 0o022
_OUTSIDE = "it is outside of the allowed log folders, which are those of the log and of --allow-log-folder"


class PinnedFolder(str):
    """A folder that was taken from the path of a log: nobody vouches for what others put there.

    ``is_deep`` says whether the folders below it count, too.
    """

    is_deep: bool

    def __new__(cls, folder: str, *, is_deep: bool = False) -> PinnedFolder:
        """``folder`` is a path without links."""
        made = super().__new__(cls, folder)
        made.is_deep = is_deep
        return made


def pin_folders(path: str) -> tuple[PinnedFolder, ...]:
    """Where the files of the log ``path`` (or of a pattern) are: its folder as it is now, links followed.

    Where ``path`` is a link now, also the folder that it leads to. Blocks on the disk.
    """
    literal = literal_path(path)
    folder = os.path.dirname(path if literal is None else literal)
    is_deep = literal is None and glob.has_magic(folder)
    while is_deep and glob.has_magic(folder):
        folder = os.path.dirname(folder)
    found = [PinnedFolder(os.path.realpath(folder or "."), is_deep=is_deep)]
    if literal is not None and os.path.islink(literal):
        found.append(PinnedFolder(os.path.dirname(os.path.realpath(literal))))
    return tuple(found)


def without_links(folders: Sequence[str]) -> tuple[str, ...]:
    """``folders`` with every link in them followed now; pinned ones are that already. Blocks on the disk."""
    return tuple(folder if isinstance(folder, PinnedFolder) else os.path.realpath(folder) for folder in folders)


def check_place(path: str, descriptor: int, allowed: Sequence[str]) -> None:
    """Pass an open file that is in one of the ``allowed`` folders, all of them paths without links; none: any.

    In a pinned folder it also has to belong there. Raises PermissionRefused naming ``path``.
    """
    if not allowed:
        return
    status = os.fstat(descriptor)
    real = _real_path(path, descriptor, is_gone=status.st_nlink == 0)
    folder = os.path.dirname(real)
    inside = [root for root in allowed if _is_inside(folder, root)]
    if not inside:
        raise PermissionRefused(f"log file {path}", _OUTSIDE)
    if all(isinstance(root, PinnedFolder) for root in inside):
        check_owner(path, status, os.stat(folder))


def _real_path(path: str, descriptor: int, *, is_gone: bool) -> str:
    # Of the file that is open, not of what has its name now.
    try:
        found = os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:  # a system without /proc
        return os.path.realpath(path)
    return found.removesuffix(" (deleted)") if is_gone else found


def _is_inside(folder: str, root: str) -> bool:
    if isinstance(root, PinnedFolder) and not root.is_deep:
        return folder == root
    return folder == root or folder.startswith(root.rstrip("/") + "/")


def check_owner(path: str, file: os.stat_result, folder: os.stat_result) -> None:
    """Refuse what others can put there under the name of a log: files of third users, moved there or named twice."""
    trusted = folder.st_uid in (0, os.geteuid())
    if trusted and not folder.st_mode & _WRITABLE_BY_OTHERS:
        return
    if not trusted and file.st_uid not in (folder.st_uid, os.geteuid()):
        raise PermissionRefused(f"log file {path}", "it belongs to another user than its folder")
    # A second name needs no right to read the file: it may be one of the agent's own that others may not read.
    if file.st_nlink > 1 and (trusted or file.st_uid != folder.st_uid):
        raise PermissionRefused(f"log file {path}", "it has several names, one of them in a folder of other users")
