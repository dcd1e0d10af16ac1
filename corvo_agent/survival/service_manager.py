"""What a service manager such as systemd is told: that the program serves, that its loop turns, that it stops.

The protocol of sd_notify(3): datagrams of NAME=VALUE lines to the unix socket that $NOTIFY_SOCKET names, where a
leading @ stands for the abstract namespace. $WATCHDOG_USEC is how often the manager wants to hear of the program, in
microseconds, if $WATCHDOG_PID is this process or not given.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Mapping

_log = logging.getLogger(__name__)
_SOCKET, _EVERY, _PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
# How often it is told within the time after which it restarts the program.
_TIMES = 3


class ServiceManager:
    """The manager that ``environment`` names; without one nothing is told.

    Nothing raises: a manager that cannot be told is logged once, and the program goes on.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = _address(environment.get(_SOCKET, ""))
        self._failed = False
        #: Seconds after which it takes a silent program for stuck; 0 for never.
        self.patience = _patience(environment) if self._address else 0.0

    @property
    def present(self) -> bool:
        """Whether there is one."""
        return bool(self._address)

    def ready(self, status: str) -> None:
        """The program serves; ``status`` is a line for people."""
        self._tell("READY=1", f"STATUS={status}")

    def stopping(self) -> None:
        """The program ends."""
        self._tell("STOPPING=1")

    async def keep_alive(self) -> None:
        """Tell it again and again that the running loop turns, until cancelled; returns at once where it does not ask.

        From the loop itself: one that is stuck falls silent, and the manager restarts the program.
        """
        while self.patience:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self.patience / _TIMES)

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                # A manager that does not read must not hold up the loop.
                channel.setblocking(False)
                channel.connect(self._address)
                channel.send("\n".join(lines).encode())
        except OSError as error:
            if not self._failed:
                _log.warning("the service manager at %s cannot be told: %s", self._address, error)
            self._failed = True


def _address(text: str) -> str:
    if text.startswith("@"):
        return "\0" + text[1:]
    # Others, such as vsock:, are for managers outside of the machine.
    return text if text.startswith("/") else ""


def _patience(environment: Mapping[str, str]) -> float:
    every, pid = environment.get(_EVERY, ""), environment.get(_PID, "")
    if not every.isdecimal() or (pid and pid != str(os.getpid())):
        return 0.0
    return int(every) / 1e6
