"""A thousand watchers in one process: an HTTP client for each would be what is measured.

Each counts the events that arrive and keeps a checksum of every byte. One keeps the bytes themselves: what is proved
of those by reading them holds for all who have the same checksum.
"""

from __future__ import annotations

import asyncio
import re
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

_MARK = b'"meta":{"name":"'
_NAME = re.compile(_MARK + rb'([^"]+)"')


class Watcher(asyncio.Protocol):
    """One connection that asks for ``url`` and waits for ``wanted`` events."""

    def __init__(self, url: str, wanted: int, *, keep: bool) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()
        #: When how many events had been seen.
        self.arrivals: list[tuple[float, int]] = []
        self.seen = 0
        self.checksum = 0
        self.body = bytearray()
        parts = urlsplit(url)
        self._request = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
        self._wanted = wanted
        self._keep = keep
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Count; a mark may be split over two pieces."""
        if not self.ready.done():
            head, found, data = (self._tail + data).partition(b"\r\n\r\n")
            self._tail = b"" if found else head
            if not found:
                return
            self.ready.set_result(None)
        self.checksum = zlib.crc32(data, self.checksum)
        if self._keep:
            self.body += data
        edge = len(_MARK) - 1
        count = data.count(_MARK) + (self._tail + data[:edge]).count(_MARK)
        self._tail = (self._tail + data)[-edge:] if len(data) < edge else data[-edge:]
        if count:
            self.seen += count
            self.arrivals.append((time.perf_counter(), self.seen))
            if self.seen >= self._wanted and not self.done.done():
                self.done.set_result(None)


@asynccontextmanager
async def watching(url: str, count: int, wanted: int) -> AsyncIterator[list[Watcher]]:
    """``count`` watchers, all of them answered."""
    host, _, port = urlsplit(url).netloc.rpartition(":")
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(partial(Watcher, url, wanted, keep=not number), host, int(port))
        for number in range(count)
    ]
    watchers = [watcher for _, watcher in made]
    await asyncio.gather(*(watcher.ready for watcher in watchers))
    try:
        yield watchers
    finally:
        for transport, _ in made:
            transport.close()


def not_seen(watchers: list[Watcher], names: list[str]) -> int:
    """How many of the changes of ``names``, times watchers, did not arrive as they were made; checks every byte."""
    found = [name.decode() for name in _NAME.findall(bytes(watchers[0].body))]
    if found != names:
        return len(watchers) * len(names)
    same = sum(watcher.checksum == watchers[0].checksum for watcher in watchers)
    return (len(watchers) - same) * len(names)


def delays(watchers: list[Watcher], began: list[float]) -> list[float]:
    """Milliseconds from the beginning of each change to its arrival at each watcher, sorted."""
    found = []
    for watcher in watchers:
        before = 0
        for now, seen in watcher.arrivals:
            found += [(now - start) * 1e3 for start in began[before:seen]]
            before = seen
    return sorted(found)


def lines(watcher: Watcher) -> list[bytes]:
    """What came to the watcher that keeps it, chunk by chunk."""
    body, found = bytes(watcher.body), []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        found.append(rest[:length])
        body = rest[length + 2 :]
    return found
