"""The socket that leads to a hub, used only as long as it is ours: see ``Descriptor``."""

from __future__ import annotations

import _socket

from .descriptor import Descriptor, out_of_the_way

_AT_ONCE = 65536


class HubSocket:
    """Connected to the hub that listens at ``path``, within ``timeout`` seconds.

    One thread receives and closes, any may send. All raises OSError, also once the host has closed the descriptor.
    """

    def __init__(self, path: str, timeout: float) -> None:
        made = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self._socket = _socket.socket(fileno=out_of_the_way(made.detach()))
        #: What it is used by as long as that is ours.
        self.descriptor = Descriptor(self._socket.fileno())
        try:
            self._socket.settimeout(timeout)
            self._socket.connect(path)
        except BaseException:
            self.close()
            raise

    def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        self._check()
        # Without the flag, a host that has given SIGPIPE back to the system would end here.
        self._socket.sendall(data, _socket.MSG_NOSIGNAL)

    def receive(self, timeout: float) -> bytes:
        """What came next, b"" at the end. Raises TimeoutError when nothing comes for ``timeout`` seconds."""
        self._check()
        self._socket.settimeout(timeout)
        # Looked at first: it may have come for the host, which may have got the number in the meantime.
        self._socket.recv(1, _socket.MSG_PEEK | _socket.MSG_DONTWAIT)
        self._check()
        return self._socket.recv(_AT_ONCE)

    def hang_up(self) -> None:
        """Let ``receive`` end in whichever thread it waits.

        Not closed: the thread waits in it, and its number must not become another file's meanwhile.
        """
        if self.descriptor.is_ours():
            try:
                self._socket.shutdown(_socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self) -> None:
        """Let go of it. In a forked child only that process's hold on it ends, and its parent's goes on."""
        if self._socket.fileno() >= 0:
            self._socket.detach()
            self.descriptor.close()

    def _check(self) -> None:
        if not self.descriptor.is_ours():
            raise ConnectionAbortedError("the host has closed the descriptor")
