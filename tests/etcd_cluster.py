"""Real etcd servers for tests: killed, suspended, restarted, clustered, with TLS and with users."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import tempfile
import urllib.request
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

import pytest

from corvo_agent.embedded import EtcdBinaries, find_etcd
from corvo_agent.owned_process import OwnedProcess
from tests.kept_ports import kept_ports
from tests.world.etcds import NEWER, SERIES, other_etcds, series_of, version_of
from tests.world.machine import needs

_OTHERS = {".".join(map(str, version)): binaries for version, binaries in other_etcds().items()}
EVERY_ETCD = {"extra": find_etcd(), **_OTHERS}
"""The etcd of the extra, and every other one of this machine, by the name that test ids have: its version."""


def _marks() -> dict[str, tuple[pytest.MarkDecorator, ...]]:
    """What each etcd needs: the one of the extra is there with the test dependencies, any other is the machine's."""
    found = {name: series_of(version_of(binaries.etcd)) for name, binaries in _OTHERS.items()}
    lacking = {series: series for series in SERIES if series not in found.values()}
    return {"extra": (), **{name: (needs(series),) for name, series in (found | lacking).items()}}


_MARKS = _marks()
ETCD_NAMES = [pytest.param(name, id=name, marks=marks) for name, marks in _MARKS.items()]
ETCD_BINARIES = [pytest.param(EVERY_ETCD.get(name), id=name, marks=marks) for name, marks in _MARKS.items()]

# Seconds that one of them gets to answer a test on a busy machine.
_PATIENCE = 60.0

#: Those whose errors have the form that 3.6 has.
NEWER_BINARIES = [each for each in ETCD_BINARIES if any(mark.args == (NEWER,) for mark in each.marks)]


class EtcdMember:
    """One server that keeps its data and its ports over restarts."""

    def __init__(self, program: Path, arguments: Sequence[str], log: Path, endpoint: str) -> None:
        self.endpoint = endpoint
        self._new = partial(OwnedProcess, program, arguments, log)
        self._log = log
        self._process = self._new()

    @property
    def pid(self) -> int:
        """0 while it is down."""
        return self._process.pid

    def assert_alive(self) -> None:
        """Nothing has ended it. Raises AssertionError with the end of its log."""
        assert self.pid, f"{self.endpoint} has ended: {self.log[-3000:]}"

    async def start(self) -> None:
        """Start it, again or for the first time; returns when it serves."""
        self._process = self._new()
        await self._process.start()

    async def kill(self) -> None:
        """SIGKILL: no word of farewell."""
        await self._process.stop(grace=0)

    async def terminate(self) -> None:
        """SIGTERM, and wait for the end."""
        await self._process.stop(grace=10)

    def suspend(self) -> None:
        """SIGSTOP: the connections stay, nothing answers."""
        pid = self.pid
        self._process.send_signal(signal.SIGSTOP)
        # Its threads run on for a moment, and may answer.
        os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)

    def resume(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    async def restart(self) -> None:
        """SIGKILL and start."""
        await self.kill()
        await self.start()

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text()

    async def logged(self, text: str) -> None:
        """Wait until its log holds ``text``; levels below error have to be turned on by ``--log-level``."""
        follower = await asyncio.create_subprocess_exec(
            "tail", "-n", "+1", "-f", str(self._log), stdout=asyncio.subprocess.PIPE
        )
        assert follower.stdout is not None
        try:
            async for line in follower.stdout:
                if text in line.decode():
                    return
        finally:
            follower.kill()
            await follower.wait()


class EtcdCluster:
    """``size`` servers; ``async with`` starts all of them and ends them with their data.

    ``tls`` are further arguments that make the client side speak TLS, ``options`` arguments for every member.
    """

    def __init__(
        self,
        size: int = 1,
        *,
        binaries: EtcdBinaries | None = None,
        tls: Sequence[str] = (),
        options: Sequence[str] = (),
    ) -> None:
        self.members: list[EtcdMember] = []
        self._size = size
        self._binaries = binaries or find_etcd()
        self._tls = tuple(tls)
        self._options = tuple(options)
        self._stack = AsyncExitStack()

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The client URLs of all members."""
        return tuple(member.endpoint for member in self.members)

    @property
    def endpoint(self) -> str:
        """The client URL of the first member."""
        return self.members[0].endpoint

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            folder = Path(tempfile.mkdtemp(prefix="corvo-etcd-test-"))
            stack.callback(shutil.rmtree, folder)
            # Kept while a member is down, too: it comes back to them.
            self.members = self._make(folder, stack.enter_context(kept_ports(2 * self._size)))
            for member in self.members:
                stack.push_async_callback(member.kill)
            async with asyncio.TaskGroup() as tasks:
                for member in self.members:
                    tasks.create_task(member.start())
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def etcdctl(self, *arguments: str, user: str = "", stdin: bytes = b"") -> str:
        """Run the real etcdctl against the first member; what it printed."""
        command = [str(self._binaries.etcdctl), "--endpoints", self.endpoint]
        command += ["--user", user] if user else []
        process = await asyncio.create_subprocess_exec(
            *command, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate(stdin)
        assert process.returncode == 0, arguments
        return out.decode()

    async def request(self, path: str, body: dict[str, Any], *, user: str = "") -> dict[str, Any]:
        """Send ``body`` to a path of the JSON API of the first member, as ``user:password``; the answer.

        Some ten times faster than etcdctl.
        """
        headers = {}
        if user:
            name, _, password = user.partition(":")
            answer = await self.request("/auth/authenticate", {"name": name, "password": password})
            headers["Authorization"] = answer["token"]
        request = urllib.request.Request(f"{self.endpoint}/v3{path}", json.dumps(body).encode(), headers)

        def send() -> Any:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
                return json.load(answer)

        return cast(dict[str, Any], await asyncio.to_thread(send))

    async def enable_auth(self, root_password: str) -> None:
        """Turn users on, with ``root`` as the first."""
        await self.request("/auth/user/add", {"name": "root", "password": root_password})
        await self.request("/auth/role/add", {"name": "root"})
        await self.request("/auth/user/grant", {"user": "root", "role": "root"})
        await self.request("/auth/enable", {})

    def _make(self, folder: Path, ports: Sequence[int]) -> list[EtcdMember]:
        scheme = "https" if self._tls else "http"
        peers = [f"http://127.0.0.1:{port}" for port in ports[: self._size]]
        clients = [f"{scheme}://127.0.0.1:{port}" for port in ports[self._size :]]
        everybody = ",".join(f"m{index}={peer}" for index, peer in enumerate(peers))
        # A member alone has nobody to wait for; several need time to hear of each other on a busy machine.
        ticks = ("10", "100") if self._size == 1 else ("25", "250")
        return [
            EtcdMember(
                self._binaries.etcd,
                (
                    *("--name", f"m{index}", "--data-dir", str(folder / f"m{index}")),
                    *("--listen-client-urls", client, "--advertise-client-urls", client),
                    *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
                    *("--initial-cluster", everybody),
                    *("--heartbeat-interval", ticks[0], "--election-timeout", ticks[1]),
                    *("--logger", "zap", "--log-outputs", "stderr", "--log-level", "error"),
                    *self._binaries.options,
                    *self._tls,
                    *self._options,
                ),
                folder / f"m{index}.log",
                client,
            )
            for index, (peer, client) in enumerate(zip(peers, clients, strict=True))
        ]
