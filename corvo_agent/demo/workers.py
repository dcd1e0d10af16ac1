"""A sample service of several processes, as a server that forks has them: one Module, and one agent for all of them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

from ..owned_process import OwnedProcess
from ..stub.place import PROTOCOL, MeetingPlace
from .node import known

WORKERS = 2
# Seconds that a process gets to start, on a machine that has much else to do.
_PATIENCE = 60.0
# Seconds that the hub gets to end after its processes have; it takes its Module's address out of etcd meanwhile.
_GRACE = 5.0
# pid, uid and gid of who listens at a Unix socket, see SO_PEERCRED in unix(7).
_CREDENTIALS = struct.Struct("3i")


class ServiceOfWorkers:
    """The service ``module`` on ``node``, in ``WORKERS`` processes whose files are below ``folder``.

    ``folder`` is this user's own. The processes die with the thread that called ``start``, and the hub some seconds
    after them; ``stop`` waits for it.
    """

    def __init__(self, module: str, node: str, etcd: str, folder: Path) -> None:
        self.name = f"{node}-{module}"
        self._etcd = etcd
        self._place = MeetingPlace(str(folder / f"{PROTOCOL}-{self.name}"))
        arguments = (module, node, etcd, str(folder / f"{self.name}.log"), str(folder))
        self._processes = [
            OwnedProcess(
                Path(sys.executable),
                ("-m", f"{__package__}.worker", *arguments),
                folder / f"{self.name}-{number}.out",
            )
            for number in range(1, WORKERS + 1)
        ]

    async def start(self) -> None:
        """Start them, and wait until people find them in etcd. Raises Unavailable when one does not start."""
        starting = [asyncio.create_task(each.start(_PATIENCE), name="demo-worker") for each in self._processes]
        try:
            await asyncio.gather(*starting)
            await known(self.name, self._etcd, WORKERS)
        finally:
            for task in starting:
                task.cancel()
            await asyncio.wait(starting)

    async def stop(self) -> None:
        """End them, and the hub with them; takes some seconds at most."""
        hub = _hub_at(self._place)
        try:
            if hub is not None:
                # It ends with the last of them then, and does not wait for others.
                signal.pidfd_send_signal(hub, signal.SIGTERM)
            await asyncio.gather(*(each.stop() for each in self._processes))
            if hub is not None:
                await _ended(hub, _GRACE)
        finally:
            if hub is not None:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(hub, signal.SIGKILL)
                os.close(hub)


def _hub_at(place: MeetingPlace) -> int | None:
    """A descriptor of the hub that listens at ``place``, None where none does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(place.socket)
            packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            pid, _, _ = _CREDENTIALS.unpack(packed)
            return os.pidfd_open(pid)
        except OSError:
            return None


async def _ended(descriptor: int, patience: float) -> None:
    """Wait until the process of ``descriptor`` has ended, at most ``patience`` seconds."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        async with asyncio.timeout(patience):
            await ended.wait()
    except TimeoutError:
        return
    finally:
        loop.remove_reader(descriptor)
