"""Ports for programs that have to be told theirs, and one at which no program listens."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

#: An address that refuses connections: what its port is for runs nowhere.
NOBODY_THERE = "127.0.0.1:1"


@contextmanager
def kept_ports(count: int) -> Iterator[tuple[int, ...]]:
    """``count`` TCP ports of 127.0.0.1 that the system gives to nothing else as long as this is entered.

    A socket that is bound there, and does not listen, keeps each of them: connecting is refused. Who binds with
    SO_REUSEADDR, as etcd, asyncio and the servers of services do, may listen there.
    """
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", 0))
        yield tuple(sock.getsockname()[1] for sock in sockets)
