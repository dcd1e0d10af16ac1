"""Where an agent that is brought into a process finds the one who brings it: a folder that only the two can open.

The folder is in the temporary folder of the process's own root, which may be a container's, and belongs to its user:
in it stand the script and the socket. Nothing listens in the process; it connects.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import tempfile
from pathlib import Path

from ...errors import NotFound, Unsupported, system_reason

_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
_CREDENTIALS = struct.Struct("=3i")


class MeetingPlace:
    """The folder and the listening socket for process ``pid`` while ``with`` lasts; nothing of them is left.

    Entering raises Unsupported where no folder can be made there.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stack = contextlib.ExitStack()
        #: Paths as the process sees them.
        self.socket_path = self.script_path = ""
        self.listener: socket.socket

    def __enter__(self) -> MeetingPlace:
        user = _user(self._pid)
        with self._stack:
            folder = self._folder(user)
            inside = folder.removeprefix(self._root)
            self.socket_path, self.script_path = f"{inside}/socket", f"{inside}/script.py"
            self.listener = self._stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            self.listener.bind(f"{folder}/socket")
            _give(f"{folder}/socket", user, 0o600)
            self.listener.listen(4)
            self.listener.setblocking(False)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    @property
    def _root(self) -> str:
        return f"/proc/{self._pid}/root"

    def _folder(self, user: tuple[int, int]) -> str:
        reasons = []
        for parent in _FOLDERS:
            try:
                folder = tempfile.mkdtemp(prefix="corvo-attach-", dir=self._root + parent)
                self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
                _give(folder, user, 0o700)
            except OSError as error:
                reasons.append(f"{parent}: {system_reason(error)}")
            else:
                return folder
        raise Unsupported(f"an agent inside process {self._pid}", f"no folder to meet in: {', '.join(reasons)}")

    def write_script(self, text: str) -> None:
        """Put ``text`` where the process finds the script."""
        path = Path(self._root + self.script_path)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        _give(str(path), _user(self._pid), 0o400)

    def is_expected(self, connection: socket.socket) -> bool:
        """Whether the process that was meant has connected, and no other one."""
        packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, _, _ = _CREDENTIALS.unpack(packed)
        return bool(pid == self._pid)


def _user(pid: int) -> tuple[int, int]:
    """The effective user and group of a process. Raises NotFound when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        raise NotFound("process", str(pid), "it has ended") from None
    fields = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    return int(fields["Uid"][1]), int(fields["Gid"][1])


def _give(path: str, user: tuple[int, int], mode: int) -> None:
    os.chmod(path, mode)
    if os.geteuid() == 0:
        # A user who is not root looks into its own processes only.
        os.chown(path, *user)
