"""Where the stubs of one Module and their hub meet: a folder that only this user writes to, and the files in it.

Root's lets others through, for workers that root has given to another user: its hub looks at who comes to its socket.

``NAME.sock`` is the hub's socket, ``NAME.lock`` is locked for as long as the hub lives, ``NAME.start`` by the stub that
starts one, ``NAME.log`` is what the hub says of itself. NAME begins with the version of what they speak: hubs and stubs
of different versions do not meet.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

#: The version of what stubs and hubs say to each other.
PROTOCOL = 1
#: Longest path of a Unix socket that every system takes (unix(7)), in bytes, the zero at its end left out.
LONGEST_PATH = 107


class MeetingPlace(NamedTuple):
    """The files of one Module's hub; ``stem`` is what their paths have in common."""

    stem: str

    @property
    def name(self) -> str:
        """The Module."""
        return os.path.basename(self.stem).partition("-")[2]

    @property
    def socket(self) -> str:
        """Where the hub listens."""
        return f"{self.stem}.sock"

    @property
    def lock(self) -> str:
        """Held by the hub."""
        return f"{self.stem}.lock"

    @property
    def start(self) -> str:
        """Held by the stub that starts a hub."""
        return f"{self.stem}.start"

    @property
    def log(self) -> str:
        """What the hub logs."""
        return f"{self.stem}.log"


def meeting_place(name: str) -> MeetingPlace | None:
    """Where the hub of the Module ``name`` is met; None where this user has no folder for it."""
    for folder in _folders():
        found = MeetingPlace(os.path.join(folder, f"{PROTOCOL}-{name}"))
        if len(os.fsencode(found.socket)) <= LONGEST_PATH and _is_own(folder):
            return found
    return None


def _folders() -> Iterator[str]:
    environment, user = os.environ, os.geteuid()
    if chosen := environment.get("CORVO_RUNTIME_DIR"):
        # Said in so many words: another place is not what is wanted.
        yield chosen
        return
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield os.path.join(runtime, "corvo")
    yield f"/run/corvo-{user}"
    # Whose folder it is, and who may write there, is looked at before it is used.
    yield os.path.join(environment.get("TMPDIR") or "/tmp", f"corvo-{user}")  # nosec B108


def _is_own(folder: str) -> bool:
    """Whether ``folder``, made if need be, is one that only this user can put anything into."""
    user = os.geteuid()
    try:
        os.mkdir(folder, 0o700)
        if not user:
            # By itself: a umask would take it from those that root's workers become.
            os.chmod(folder, 0o711)
    except FileExistsError:
        pass
    except OSError:
        return False
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == user
        and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        and os.access(folder, os.W_OK | os.X_OK)
    )
