"""Brings an agent into a running process and takes it away again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Iterator

from ...errors import CorvoError, DeadlineExceeded, Unsupported
from ...profiles.sampling.kernel_clocks import KernelClocks
from ...profiles.sampling.ptrace import remote_debugging_disabled
from ...profiles.sampling.py_spy import PySpy
from ..processes.python_process import python_version
from .debug_offsets import KNOWN
from .inside import InsideAgent
from .meeting_place import MeetingPlace
from .process_memory import ProcessMemory
from .remote_script import RemoteScript
from .sources import script

#: Seconds after which a request that no thread has taken is withdrawn.
PATIENCE = 5.0
# Seconds after which threads that are at work are asked, too, and those that wait are woken; then again, so often.
_BUSY, _POKE = 0.2, 0.5
_LOOK = 0.05
_SECOND_RUN = 1.0
_GONE = 10.0


@contextlib.asynccontextmanager
async def attached_inside(pid: int) -> AsyncIterator[InsideAgent]:
    """An agent inside process ``pid`` for as long as ``with`` lasts; nothing of it is left there afterwards.

    Its script runs in whatever thread comes to it first. Raises Unsupported, with the reason, for a process in which
    that is not possible, DeadlineExceeded when no thread has run it for five seconds: it is withdrawn then. When
    cancelled meanwhile, it is withdrawn as well.
    """
    _check(pid)
    connection = await _connected(pid)
    agent = InsideAgent(pid)
    try:
        await agent.open(connection)
        yield agent
    finally:
        await agent.aclose()
        await _gone(pid, agent.tid)


def _check(pid: int) -> None:
    what = f"an agent inside process {pid}"
    version = python_version(pid)
    if version is None:
        raise Unsupported(what, "it does not run Python")
    setting = remote_debugging_disabled(pid)
    if setting:
        raise Unsupported(what, f"{setting} forbids looking into it")
    # Of a program that carries its own interpreter the version is only found in its memory.
    if version and tuple(map(int, version.split("."))) < (3, 14):
        reason = (
            f"it runs Python {version}, which has no safe moment for that: it would have to be stopped at an arbitrary"
            " instruction, perhaps inside the allocator or with a lock, which has crashed and hung services; Python"
            f" {', '.join(KNOWN)} offers one. Without --inject stacks, profile, top, stats and logs can be had"
        )
        raise Unsupported(what, reason)


async def _connected(pid: int) -> socket.socket:
    with MeetingPlace(pid) as place, ProcessMemory(pid) as memory:
        place.write_script(script(place.socket_path))
        remote = await asyncio.to_thread(RemoteScript.find, memory)
        try:
            connection = await _first(place, remote, pid)
        finally:
            begun = remote.withdraw()
        # What another thread has begun meanwhile finds the folder and a closed door, not an error on its own output.
        for _ in range(begun - 1):
            with contextlib.suppress(TimeoutError):
                (await _accept(place, _SECOND_RUN)).close()
    return connection


async def _first(place: MeetingPlace, remote: RemoteScript, pid: int) -> socket.socket:
    path = place.script_path.encode()
    clocks = KernelClocks(pid)
    remote.ask(remote.main, path)
    began = time.monotonic()
    steps = iter((_BUSY, _POKE, 1.0, 1.5, 2.0, 3.0, 4.0, PATIENCE))
    for step in steps:
        with contextlib.suppress(TimeoutError):
            return await _accept(place, began + step - time.monotonic())
        for tid in _at_work(clocks):
            remote.ask(tid, path)
        if step >= _POKE:
            await _wake(pid)
    reason = "every thread is in a lock, or in a function that is not Python's; the request is withdrawn"
    raise DeadlineExceeded(f"a thread of process {pid} to take an agent ({reason})", PATIENCE)


def _at_work(clocks: KernelClocks) -> Iterator[int]:
    """The threads that used a processor since ``clocks`` were made, by their own numbers."""
    use = clocks.use()
    return (inner for inner, tid in use.inner.items() if use.threads[tid].used)


async def _wake(pid: int) -> None:
    """Let a thread that waits in the kernel look up: being stopped for a look ends the ``epoll_wait`` of a loop."""
    with contextlib.suppress(CorvoError):
        await PySpy(pid).dump(pausing=True)


async def _accept(place: MeetingPlace, seconds: float) -> socket.socket:
    """The connection of the process that was meant. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(max(seconds, 0.001)):
        while True:
            connection, _ = await loop.sock_accept(place.listener)
            if place.is_expected(connection):
                return connection
            connection.close()


async def _gone(pid: int, tid: int) -> None:
    """Wait until its thread has ended: a moment after it has closed the connection."""
    end = time.monotonic() + _GONE
    while tid and time.monotonic() < end and os.path.exists(f"/proc/{pid}/task/{tid}"):  # noqa: ASYNC110, ASYNC240
        await asyncio.sleep(_LOOK)
