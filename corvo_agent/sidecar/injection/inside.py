"""The agent inside a process, as the one who brought it there sees it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping
from typing import Any

from ...errors import CorvoError, DeadlineExceeded, DecodeError, Unavailable, Unsupported
from ...framing import Unpacker, pack, unpack_error
from ...profiles.kind import ProfileRequest
from ...profiles.sampling.kernel_clocks import namespace_ids
from .sources import packed_sources

# Seconds: to load itself on a busy machine, to put a level in force, beside measuring, and to leave nothing behind.
_HELLO, _LEVEL, _BESIDE, _END = 20.0, 10.0, 60.0, 15.0
_CHUNK = 1 << 16


class InsideAgent:
    """What can be asked of the agent inside process ``pid``, over one connection.

    Made by ``attached_inside``, which opens and closes it. Its methods belong to the loop that opened it; they raise
    Unavailable when the process has ended or closed the connection.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        #: The number of its thread, in this process's view, 0 while it is not known.
        self.tid = 0
        self._hello: asyncio.Future[Mapping[str, Any]] | None = None
        self._asked: dict[int, asyncio.Future[bytes]] = {}
        self._number = 0
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def open(self, connection: socket.socket) -> None:
        """Send it what it consists of, over ``connection``, and wait until it runs.

        Raises Unsupported, DeadlineExceeded.
        """
        connection.setblocking(False)
        reader, self._writer = await asyncio.open_unix_connection(sock=connection)
        self._hello = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(reader), name="corvo-attach")
        self._writer.write(pack({"t": "sources"}, await asyncio.to_thread(packed_sources)))
        try:
            async with asyncio.timeout(_HELLO):
                hello = await self._hello
        except TimeoutError:
            raise DeadlineExceeded(f"the agent inside process {self.pid}", _HELLO) from None
        self.tid = _outer(self.pid, int(hello["tid"]))

    async def take(self, kind: str, request: ProfileRequest) -> bytes:
        """A profile of the process. Raises what the kind raises there."""
        message = {
            "t": "profile",
            "kind": kind,
            "seconds": request.seconds,
            "parameters": dict(request.parameters),
            "patience": request.patience,
        }
        return await self._ask(message, (request.seconds or 0.0) + request.patience + _BESIDE)

    async def hold_level(self, level: str, loggers: Mapping[str, str], seconds: float) -> None:
        """Have ``level`` ("" for none) and those of ``loggers`` in force for ``seconds``; 0 ends it now."""
        await self._ask({"t": "level", "level": level, "loggers": dict(loggers), "seconds": seconds}, _LEVEL)

    async def lost_within(self, seconds: float) -> bool:
        """Wait for ``seconds``, or until the process has ended: whether it has."""
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=seconds)
        return self._reading is None or self._reading.done()

    async def aclose(self) -> None:
        """Have it end, and wait until it says that nothing is left. May be called again, and before ``open``."""
        if self._writer is None or self._reading is None:
            return
        with contextlib.suppress(OSError):
            # It sees the end of what is asked, and closes when it has put everything back.
            self._writer.write_eof()
        await asyncio.wait({self._reading}, timeout=_END)
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        self._writer = None

    async def _ask(self, message: Mapping[str, Any], seconds: float) -> bytes:
        if self._writer is None or self._reading is None or self._reading.done():
            raise self._lost()
        self._number = number = self._number + 1
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        self._writer.write(pack({**message, "id": number}))
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            raise DeadlineExceeded(f"the agent inside process {self.pid}", seconds) from None
        finally:
            self._asked.pop(number, None)
            if not answer.done() or answer.cancelled():
                self._writer.write(pack({"t": "cancel", "id": number}))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        unpacker = Unpacker()
        try:
            while data := await reader.read(_CHUNK):
                for message, body in unpacker.feed(data):
                    self._heard(message, body)
        except (OSError, DecodeError, KeyError, TypeError, ValueError):
            # The process has ended, or what speaks there is none of ours: the same to who waits.
            pass
        finally:
            for future in (self._hello, *self._asked.values()):
                if future is not None and not future.done():
                    future.set_exception(self._lost())

    def _heard(self, message: Mapping[str, Any], body: bytes) -> None:
        kind = message["t"]
        if kind == "hello" and self._hello is not None and not self._hello.done():
            self._hello.set_result(message)
        elif kind == "failed" and self._hello is not None and not self._hello.done():
            self._hello.set_exception(Unsupported(f"an agent inside process {self.pid}", str(message["reason"])))
        elif kind == "answer" and (future := self._asked.get(int(message["id"]))) is not None and not future.done():
            if "error" in message:
                future.set_exception(unpack_error(message["error"], f"process {self.pid}"))
            else:
                future.set_result(body)

    def _lost(self) -> CorvoError:
        return Unavailable(
            f"the agent inside process {self.pid}", "the process has ended, or has closed the connection"
        )


def _outer(pid: int, tid: int) -> int:
    """The number here of the thread that the process itself knows as ``tid``."""
    for name in os.listdir(f"/proc/{pid}/task"):
        if (ids := namespace_ids(f"/proc/{pid}/task/{name}/status")) and ids[-1] == tid:
            return int(name)
    return 0
