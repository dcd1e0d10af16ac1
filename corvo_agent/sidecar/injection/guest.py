"""The agent inside a process that was not prepared: answers over one connection, and ends with it.

It has what only the inside of a process can tell, by the code of an agent that lives there for good: memory, tasks,
waits, and the level. It listens nowhere. However the connection ends, its level is taken away, tracing is switched off
and its threads have ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from ...errors import CorvoError, NotFound
from ...forks import forget_forks
from ...framing import Unpacker, pack, pack_error
from ...levels.in_force import IN_FORCE
from ...levels.layer import LevelLayer
from ...levels.level import Level
from ...levels.state import LevelSource, LevelState
from ...profiles.heap.kind import HeapKind
from ...profiles.heap.snapshot import HeapHistory
from ...profiles.kind import ProfileKind, ProfileRequest
from ...profiles.kinds.block import block_kind, mutex_kind
from ...profiles.kinds.goroutine import GoroutineKind
from ...profiles.pacing.running_loops import watch_host_loops
from ...profiles.program import program
from ...profiles.recording.recorders import Recorders

#: The profiles that it takes; all else can be had from outside, or not at all.
KINDS = ("heap", "allocs", "goroutine", "block", "mutex")
#: Seconds that one stays in a process: who has forgotten that is attached shall not be found there next week.
LONGEST = 3600.0
_ALLOCS_SECONDS = 5.0
_CHUNK = 1 << 16
# Seconds for threads that measure to notice that they are not wanted any more.
_JOIN = 10.0
_THREADS = "corvo-"


def serve(connection: socket.socket) -> None:
    """Answer until the other end closes ``connection``, or is gone; for a thread of its own."""
    before = set(threading.enumerate())
    try:
        asyncio.run(_Guest().run(connection))
    finally:
        for thread in set(threading.enumerate()) - before:
            if thread.name.startswith(_THREADS):
                thread.join(_JOIN)
        forget_forks()


class _Guest:
    """What is asked now, and what is in force; of the loop's thread."""

    def __init__(self) -> None:
        self._layer = LevelLayer(ended_by_owner=True)
        self._recorders = Recorders()
        self._kinds = {kind.name: kind for kind in self._all_kinds()}
        self._asked: dict[int, asyncio.Task[None]] = {}
        self._ending: asyncio.TimerHandle | None = None

    def _all_kinds(self) -> tuple[ProfileKind, ...]:
        recorders, history = self._recorders, HeapHistory()
        return (
            HeapKind("heap", recorders.heap, history, program),
            HeapKind("allocs", recorders.heap, history, program, default_seconds=_ALLOCS_SECONDS),
            GoroutineKind(recorders.loops, recorders.tasks, program),
            block_kind(recorders, program),
            mutex_kind(recorders, program),
        )

    async def run(self, connection: socket.socket) -> None:
        """Until the connection ends."""
        # A copy: the one that was given is closed when nothing is left of this.
        reader, writer = await asyncio.open_unix_connection(sock=connection.dup())
        try:
            writer.write(pack({"t": "hello", "tid": threading.get_native_id()}))
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(LONGEST):
                    await self._answer_all(reader, writer)
        finally:
            self._end_level()
            for task in self._asked.values():
                task.cancel()
            await asyncio.gather(*self._asked.values(), return_exceptions=True)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        unpacker = Unpacker()
        while data := await reader.read(_CHUNK):
            for message, _ in unpacker.feed(data):
                number = int(message["id"])
                if message["t"] == "cancel":
                    if number in self._asked:
                        self._asked[number].cancel()
                    continue
                # The other end is one command, which asks a few things at once.
                task = asyncio.create_task(self._answer(number, message, writer), name="corvo-attached")
                self._asked[number] = task
                task.add_done_callback(partial(self._answered, number))

    async def _answer(self, number: int, message: Mapping[str, Any], writer: asyncio.StreamWriter) -> None:
        try:
            body = await self._take(message) if message["t"] == "profile" else self._hold_level(message)
        except Exception as error:
            writer.write(pack({"t": "answer", "id": number, "error": pack_error(error)}))
        else:
            writer.write(pack({"t": "answer", "id": number}, body))
        await writer.drain()

    def _answered(self, number: int, _: asyncio.Task[None]) -> None:
        self._asked.pop(number, None)

    async def _take(self, message: Mapping[str, Any]) -> bytes:
        kind = self._kinds.get(message["kind"])
        if kind is None:
            raise NotFound("kind of profile", str(message["kind"]))
        watch_host_loops(self._recorders.loops, asyncio.get_running_loop())
        return await kind.take(ProfileRequest(message["seconds"], message["parameters"], message["patience"]))

    def _hold_level(self, message: Mapping[str, Any]) -> bytes:
        """Put a level in force until its time is over; without one it ends now."""
        self._end_level()
        seconds = float(message["seconds"])
        if seconds > 0:
            loggers = {name: Level.parse(text) for name, text in message["loggers"].items()}
            state = LevelState(
                level=Level.parse(message["level"]) if message["level"] else None,
                source=LevelSource.OVERRIDE,
                until=time.time_ns() + round(seconds * 1e9),
                loggers=loggers,
                then=LevelState(),
            )
            self._layer.apply(state)
            self._ending = asyncio.get_running_loop().call_later(seconds, self._end_level)
        return b""

    def _end_level(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        with contextlib.suppress(CorvoError):
            self._layer.close()
            IN_FORCE.refresh()
