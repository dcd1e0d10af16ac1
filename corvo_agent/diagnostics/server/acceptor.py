"""Accepting connections within bounds: so many at once, a handshake in time, and descriptors left for other things.

asyncio's own servers accept whatever comes. When no descriptor is left they say so a hundred times at once, start as
many timers that accept again, and write a log that fills the disk.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import socket
import ssl as _ssl
from collections.abc import Callable
from typing import Protocol

from ...errors import drop_frames, system_reason
from ...forks import keep_from_children
from ...log_thinning import ThinningFilter
from ...tasks import end_task

_log = logging.getLogger(__name__)
# A crowd of callers must not fill the host's log.
_log.addFilter(ThinningFilter())
# What accept(2) says when this process or the machine has no room for one more connection.
_NO_ROOM = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
# Seconds until the next attempt then; who connects meanwhile waits in the system's queue.
_RETRY = 0.1


def within_descriptors(wanted: int) -> int:
    """So many connections of ``wanted`` that half of the descriptors of this process stay free for everything else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft // 2))


class OpenConnections(Protocol):
    """The connections that a server has; ``refused`` counts those that found no room."""

    refused: int

    def __len__(self) -> int:
        """How many there are."""
        ...

    def make_room(self) -> bool:
        """Close one that can be spared; False when there is none."""
        ...


class Acceptor:
    """Accepts at ``listener``, a listening socket that it owns from now on, and gives each connection a protocol.

    ``connections`` are those that the protocols of ``factory`` have. One that would be more than ``limit``, those in
    their TLS handshake included, is taken only when another one can be closed for it; else it is closed itself. A
    handshake may take ``handshake_timeout`` seconds.
    """

    def __init__(
        self,
        listener: socket.socket,
        factory: Callable[[], asyncio.BaseProtocol],
        *,
        ssl: _ssl.SSLContext | None,
        handshake_timeout: float,
        limit: int,
        connections: OpenConnections,
    ) -> None:
        keep_from_children(listener)
        self._listener = listener
        self._factory = factory
        self._ssl = ssl
        self._handshake_timeout = handshake_timeout
        self._limit = limit
        self._connections = connections
        # In the order in which they were accepted.
        self._starting: dict[asyncio.Task[None], None] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Accept from now on, until ``aclose``."""
        self._task = asyncio.create_task(self._accept(), name="corvo-accept")

    def shared_socket(self) -> socket.socket:
        """The listening socket once more: it accepts connections as long as one of the two is open."""
        return self._listener.dup()

    async def aclose(self) -> None:
        """Accept no more, and give up those whose handshake is under way. May be called twice."""
        task, self._task = self._task, None
        try:
            if task is not None:
                await end_task(task)
        finally:
            self._listener.close()
            for starting in self._starting:
                starting.cancel()
            if self._starting:
                await asyncio.wait(tuple(self._starting))

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._listener)
            except OSError as error:
                _log.warning("cannot accept connections: %s", system_reason(error))
                if error.errno in _NO_ROOM:
                    self._connections.make_room()
                await asyncio.sleep(_RETRY)
                continue
            keep_from_children(connection)
            if len(self._connections) + len(self._starting) >= self._limit and not self._drop_one():
                connection.close()
                self._connections.refused += 1
                refused = self._connections.refused
                _log.warning("connections refused so far: %d, as all %d are in use", refused, self._limit)
                continue
            task = asyncio.create_task(self._start(connection), name="corvo-handshake")
            self._starting[task] = None
            task.add_done_callback(self._starting.pop)

    def _drop_one(self) -> bool:
        if self._connections.make_room():
            return True
        # Those in their handshake cost as much and have asked for nothing yet; without TLS there are none.
        if self._ssl is not None and self._starting:
            next(iter(self._starting)).cancel()
            return True
        return False

    async def _start(self, connection: socket.socket) -> None:
        timeout = self._handshake_timeout if self._ssl is not None else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._factory, connection, ssl=self._ssl, ssl_handshake_timeout=timeout
            )
        except (OSError, TimeoutError) as error:
            # Scanners and probes do this all day long.
            _log.debug("a connection did not begin: %s", error)
            drop_frames(error)
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise
