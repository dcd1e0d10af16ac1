"""A program that belongs to this process: it says when it serves, and ends with its owner however that ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .errors import Unavailable

# prctl(PR_SET_PDEATHSIG, SIGKILL), then become the program. A launcher, because code between fork and exec in a process
# with threads may deadlock. The parent may have died before the call: the kernel would then send no signal any more.
_LAUNCHER = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""
_LOG_TAIL = 2000


class OwnedProcess:
    """One program, started until it serves and stopped in bounded time.

    ``arguments`` follow the program's name, ``log`` is the file that its output is added to. It dies with the
    thread that called ``start``. Not safe for use by two tasks at once.
    """

    def __init__(self, program: Path, arguments: Sequence[str], log: Path) -> None:
        self._program = program
        self._arguments = tuple(arguments)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    def __repr__(self) -> str:
        return f"<OwnedProcess {self._program} pid={self.pid}>"

    @property
    def pid(self) -> int:
        """The process id, 0 when it does not run."""
        return self._process.pid if self._process is not None and self._process.returncode is None else 0

    async def start(self, timeout: float = 60.0) -> None:
        """Start it and wait, at most ``timeout`` seconds, until it says that it serves.

        Raises Unavailable with the end of its log when it ends or stays silent. Whatever is raised, cancellation
        included, the process is gone then.
        """
        # It says READY=1 as it does to systemd: to a socket that only this process knows, so that another
        # program's server on the same port cannot be taken for ours.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.setblocking(False)
            ready.bind("")  # the kernel picks a free abstract name
            self._process = await self._launch(_abstract_name(ready))
            try:
                async with asyncio.timeout(timeout):
                    await self._serving(ready)
            except TimeoutError:
                await self.stop(grace=0)
                raise Unavailable(str(self._program), f"not serving after {timeout:g} s: {self._tail()}") from None
            except BaseException:
                await self.stop(grace=0)
                raise

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens when it does not run."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def wait(self) -> None:
        """Wait until it has ended."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self, grace: float = 3.0) -> None:
        """End it: SIGTERM, after ``grace`` seconds or when cancelled SIGKILL. Nothing happens when it does not run."""
        try:
            if self.pid and grace > 0:
                self.send_signal(signal.SIGTERM)
                async with asyncio.timeout(grace):
                    await self.wait()
        except TimeoutError:
            pass  # a stopped process, or one that waits for its clients: killed below
        finally:
            self.send_signal(signal.SIGKILL)
            await self.wait()

    async def _launch(self, notify: str) -> asyncio.subprocess.Process:
        # A session of its own, so that Ctrl-C in the owner's terminal does not end it behind the owner's back.
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                # Isolated: it starts in milliseconds, whatever site packages and PYTHON variables there are.
                *(sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid())),
                *(str(self._program), *self._arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(os.environ, notify),
                start_new_session=True,
            )

    async def _serving(self, ready: socket.socket) -> None:
        message = asyncio.ensure_future(asyncio.get_running_loop().sock_recv(ready, 64))
        ended = asyncio.ensure_future(self.wait())
        try:
            await asyncio.wait((message, ended), return_when=asyncio.FIRST_COMPLETED)
            if not message.done():
                raise Unavailable(str(self._program), f"it ended at once: {self._tail()}")
        finally:
            message.cancel()
            ended.cancel()
            await asyncio.gather(message, ended, return_exceptions=True)

    def _tail(self) -> str:
        text = self._log.read_bytes()[-_LOG_TAIL:].decode(errors="replace").strip()
        return text or "it wrote no log"


def _abstract_name(sock: socket.socket) -> str:
    name: bytes = sock.getsockname()
    return "@" + name[1:].decode()


def _environment(inherited: Mapping[str, str], notify: str) -> dict[str, str]:
    # etcd takes ETCD_... for options and refuses to start when they meet arguments.
    kept = {name: value for name, value in inherited.items() if not name.startswith("ETCD_")}
    return {**kept, "NOTIFY_SOCKET": notify}


def say_ready() -> None:
    """Tell the owner, if there is one, that this process serves."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        ready.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        ready.send(b"READY=1")
