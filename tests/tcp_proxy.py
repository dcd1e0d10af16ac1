"""A wire between a client and a server that tests can cut, freeze or lead elsewhere."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class TcpProxy:
    """Forwards connections to ``target`` (a URL); clients connect to ``url``, at ``host``, which stays the same."""

    def __init__(self, target: str, host: str = "127.0.0.1") -> None:
        self.target = target
        self._host = host
        self._frozen = False
        self._refusing = False
        # Each open connection's writers, and those that were frozen: they stay open and say nothing.
        self._open: set[asyncio.StreamWriter] = set()
        self._silent: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        assert self._server is not None
        return f"http://{self._host}:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self._silent.clear()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """Break the connections that are open."""
        for writer in self._open:
            writer.transport.abort()

    def freeze(self) -> None:
        """Let the connections that are open deliver nothing more, without a word; new ones work."""
        self._silent |= self._open

    def refuse(self) -> None:
        """Break the connections, and new ones as they come, until ``allow``."""
        self._refusing = True
        self.cut()

    def allow(self) -> None:
        """Let new connections through again."""
        self._refusing = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = urlsplit(self.target)
        server: asyncio.StreamWriter | None = None
        self._open.add(writer)
        try:
            if not self._refusing:
                back, server = await asyncio.open_connection(address.hostname, address.port)
                self._open.add(server)
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._forward(reader, server))
                    tasks.create_task(self._forward(back, writer))
        except* OSError:
            pass
        finally:
            for end in (writer, server):
                if end is not None:
                    self._open.discard(end)
                    end.transport.abort()

    async def _forward(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(1 << 16):
            if sink not in self._silent:
                sink.write(data)
                await sink.drain()
        if sink not in self._silent:
            raise ConnectionResetError
