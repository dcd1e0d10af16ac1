"""One connected process, as the hub sees it: what it has said, and what it is asked."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any, Protocol, cast

from ..diagnostics.messages.payloads import stats_payload
from ..diagnostics.query import DebugQuery, Payload
from ..errors import CorvoError, DeadlineExceeded, Unavailable
from ..framing import Unpacker, pack, unpack_error
from ..stats.counters import Count, read_counts

#: The part of a caller's time that a process gets: what the others have said has to reach the caller, too.
SHARE = 0.9

_log = logging.getLogger(__name__)
# pid, uid and gid of the process at the other end, see SO_PEERCRED in unix(7).
_CREDENTIALS = struct.Struct("3i")
# Seconds in which a process says that it has heard a question, whatever its answer takes.
_HEARING = 2.0
# Bytes on their way to a process that does not read: it is stuck, and is found again when it reads on.
_MOST_UNREAD = 4 << 20


class Table(Protocol):
    """Who has to hear of connections."""

    def refusal(self, pid: int, user: int) -> str:
        """Why that process is not heard, "" where it is."""
        ...

    def joined(self, worker: WorkerConnection) -> None:
        """It has said who it is."""
        ...

    def moved(self, worker: WorkerConnection) -> None:
        """It has taken a level, or could not."""
        ...

    def left(self, worker: WorkerConnection) -> None:
        """It is gone."""
        ...


class WorkerConnection(asyncio.Protocol):
    """The protocol of one connection; ``table`` hears of it. Belongs to the event loop."""

    def __init__(self, table: Table) -> None:
        #: What it is called among the others, "" before it has joined.
        self.id = ""
        self.pid = 0
        self.joined_at = 0.0
        #: Whether it had a level of this Module's when it joined.
        self.has_level = False
        #: What it has counted, as far as it is known.
        self.counts: dict[str, Count] = {}
        #: The number of the level that it has taken, or failed to take; -1 before that. And why it failed.
        self.applied = -1
        self.fault = ""
        #: When it took it, in nanoseconds of wall time.
        self.applied_ns = 0
        self._table = table
        self._unpacker = Unpacker()
        self._transport: asyncio.WriteTransport | None = None
        self._number = 0
        self._asked: dict[int, asyncio.Future[Payload]] = {}
        self._hearing: dict[int, asyncio.TimerHandle] = {}

    def __repr__(self) -> str:
        return f"<{self.name}>"

    @property
    def name(self) -> str:
        """As people call it."""
        return f"worker {self.id} (pid {self.pid})"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Only those that are admitted are heard; the others are told why they are not."""
        connection: socket.socket = transport.get_extra_info("socket")
        try:
            packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except OSError as error:
            _log.warning("a process that cannot be named is refused: %s", error)
            cast("asyncio.WriteTransport", transport).abort()
            return
        pid, user, _ = _CREDENTIALS.unpack(packed)
        refusal = self._table.refusal(pid, user)
        if refusal:
            _log.warning("refused: %s", refusal)
            cast("asyncio.WriteTransport", transport).write(pack({"t": "refused", "reason": refusal}))
            transport.close()
            return
        self.pid = pid
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Hear what it says; one that says what no stub says is left."""
        if self._transport is None:
            return
        try:
            for message, body in self._unpacker.feed(data):
                self._hear(message, body)
        except (CorvoError, KeyError, TypeError, ValueError) as error:
            _log.warning("%s says what no stub says, and is left: %r", self.name, error)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone, and answers nothing any more."""
        self._transport = None
        for future in self._asked.values():
            if not future.done():
                future.set_exception(Unavailable(self.name, "it has ended"))
                # Whoever asked may be gone as well.
                future.exception()
        if self.id:
            self._table.left(self)

    def send(self, message: dict[str, Any]) -> None:
        """Send it; to one that does not read, nothing more is sent than it has room for."""
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size() > _MOST_UNREAD:
            _log.warning("%s does not read what it is told, and is left", self.name)
            self._transport.abort()
            return
        self._transport.write(pack(message))

    def close(self) -> None:
        """Leave it."""
        if self._transport is not None:
            self._transport.abort()

    async def ask(self, query: DebugQuery, patience: float) -> Payload:
        """Its answer. Raises what it raises, Unavailable when it ends, DeadlineExceeded after ``patience`` seconds, and
        sooner where it does not even hear: one that is stuck must not keep the others' answers.
        """
        if self._transport is None:
            raise Unavailable(self.name, "it has ended")
        self._number += 1
        number = self._number
        future: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        hearing = asyncio.get_running_loop().call_later(min(_HEARING, patience), self._unheard, future)
        self._hearing[number] = hearing
        self.send(
            {"t": "ask", "id": number, "query": query.query, "parameters": dict(query.parameters), "timeout": patience}
        )
        try:
            async with asyncio.timeout(patience):
                return await future
        except TimeoutError:
            raise DeadlineExceeded(self.name, patience) from None
        finally:
            hearing.cancel()
            del self._asked[number], self._hearing[number]
            if not future.done() or future.cancelled():
                self.send({"t": "cancel", "id": number})

    def _hear(self, message: Mapping[str, Any], body: bytes) -> None:
        kind = message["t"]
        if kind == "hello":
            if self.id:
                raise ValueError("it says hello again")
            self.counts = read_counts(message["values"])
            self.has_level = bool(message["level"])
            self.joined_at = time.monotonic()
            self.send({"t": "welcome", "pid": os.getpid()})
            self._table.joined(self)
        elif kind == "applied":
            self.applied, self.fault = int(message["seq"]), str(message["fault"])
            self.applied_ns = time.time_ns()
            self._table.moved(self)
        elif kind in ("counters", "bye"):
            self.counts = read_counts(message["values"])
        elif kind == "heard":
            if hearing := self._hearing.get(int(message["id"])):
                hearing.cancel()
        elif kind == "answer":
            self._settle(message, body)

    def _unheard(self, future: asyncio.Future[Payload]) -> None:
        if not future.done():
            future.set_exception(DeadlineExceeded(self.name, _HEARING, "it does not hear: stopped, or stuck in C code"))

    def _settle(self, message: Mapping[str, Any], body: bytes) -> None:
        future = self._asked.get(int(message["id"]))
        # One that came too late.
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(unpack_error(message["error"], self.name))
        elif "stats" in message:
            future.set_result(stats_payload(message["stats"]))
        else:
            future.set_result(Payload(str(message["type_url"]), body))
