"""The messages of a watch over a real connection: given in the turn in which they come, or received; none twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import Unavailable
from corvo_agent.modules.etcd.client import EtcdClient
from corvo_agent.modules.etcd.failover import Budget
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.stream import Stream
from tests.faulty_server import CannedServer, answer, endless

SOON = Budget(30.0, 30.0)
CREATED = b'{"result":{"created":true}}\n'
LARGE = 5000

caller = ContextVar("caller", default="")


class Feed(CannedServer):
    """Opens every watch, and sends what the test wants it to."""

    def __init__(self) -> None:
        super().__init__(lambda path, body: endless(CREATED) if "watch" in path else answer(b"{}"))
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        await super().serve(reader, writer)

    def send(self, data: bytes) -> None:
        self.writers[-1].write(data)


def chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


def split(data: bytes, sizes: list[int]) -> list[bytes]:
    """Pieces of these sizes, as far as it goes, and the rest."""
    edges = [0, *accumulate(sizes), len(data)]
    return [piece for start, end in pairwise(edges) if (piece := data[start : max(start, end)])]


@asynccontextmanager
async def client_of(server: CannedServer) -> AsyncIterator[EtcdClient]:
    client = EtcdClient(EtcdOptions.from_urls(server.endpoint))
    await client.open()
    try:
        yield client
    finally:
        await client.close()


async def opened(client: EtcdClient, server: CannedServer) -> Stream:
    stream = await client.watch(server.endpoint, b"", {}, 1, SOON)
    assert isinstance(stream, Stream)
    return stream


class Taker:
    """Keeps the messages in the order in which they came, and takes those of ``wanted``."""

    def __init__(self, wanted: Sequence[bool]) -> None:
        self.seen: list[bytes] = []
        self.complete = asyncio.Event()
        self._wanted = wanted

    def note(self, messages: list[bytes]) -> None:
        self.seen += messages
        if len(self.seen) >= len(self._wanted):
            self.complete.set()

    def take(self, message: bytes) -> bool:
        assert len(message) < LARGE
        self.note([message])
        return self._wanted[len(self.seen) - 1]

    async def receive(self, stream: Stream) -> None:
        while True:
            self.note(await stream.receive(self.take))
            # Meanwhile bytes come that nothing waits for.
            await asyncio.sleep(0)


async def test_what_comes_while_a_task_waits_is_given_without_waking_it() -> None:
    async with Feed() as server, client_of(server) as client:
        stream, taker = await opened(client, server), Taker([True] * 3)
        receiving = asyncio.create_task(stream.receive(taker.take))
        await asyncio.sleep(0)
        server.send(chunk(b'{"a":1}\n{"a":2}\n') + chunk(b'{"a":3}\n')[:6])
        server.send(chunk(b'{"a":3}\n')[6:])
        await taker.complete.wait()
        assert taker.seen == [b'{"a":1}', b'{"a":2}', b'{"a":3}']
        assert not receiving.done()
        receiving.cancel()
        await asyncio.wait({receiving})


@settings(max_examples=25, deadline=None)
@given(
    wanted=st.lists(st.booleans(), min_size=1, max_size=12),
    sizes=st.lists(st.integers(1, 60), max_size=8),
    cuts=st.lists(st.integers(1, 60), max_size=12) | st.none(),
    large=st.sets(st.integers(0, 11), max_size=2),
)
async def test_whoever_takes_them_and_however_they_are_cut_all_come_in_order(
    wanted: list[bool], sizes: list[int], cuts: list[int] | None, large: set[int]
) -> None:
    messages = [b'{"%d":"%s"}' % (n, b"x" * (LARGE if n in large else 9)) for n in range(len(wanted))]
    body = b"".join(message + b"\n" for message in messages)
    if cuts is None:
        # As etcd sends them: a chunk for each message, and each by itself.
        pieces = [chunk(message + b"\n") for message in messages]
    else:
        pieces = split(b"".join(map(chunk, split(body, sizes))), cuts)
    async with Feed() as server, client_of(server) as client:
        taker = Taker(wanted)
        receiving = asyncio.create_task(taker.receive(await opened(client, server)))
        for piece in pieces:
            server.send(piece)
            for _ in range(3):
                await asyncio.sleep(0)
        await taker.complete.wait()
        receiving.cancel()
        await asyncio.wait({receiving})
    assert taker.seen == messages


async def test_what_comes_in_the_turn_in_which_a_wait_is_cancelled_is_kept_for_the_next() -> None:
    async with Feed() as server, client_of(server) as client:
        stream, taker = await opened(client, server), Taker([True])
        receiving = asyncio.create_task(stream.receive(taker.take))
        await asyncio.sleep(0)
        server.send(chunk(b'{"a":1}\n'))
        # In the next turn this comes first, then the bytes, and after them the task hears of it.
        asyncio.get_running_loop().call_soon(receiving.cancel)
        await asyncio.wait({receiving})
        assert taker.seen == []
        assert await stream.receive() == [b'{"a":1}']


async def test_what_the_taker_raises_is_raised_where_the_task_waits() -> None:
    def take(message: bytes) -> bool:
        raise ValueError("its own fault")

    async with Feed() as server, client_of(server) as client:
        receiving = asyncio.create_task((await opened(client, server)).receive(take))
        await asyncio.sleep(0)
        server.send(chunk(b"{}\n"))
        with pytest.raises(ValueError, match="its own fault"):
            await receiving


async def test_the_taker_runs_in_the_context_of_the_task_that_opened_the_watch() -> None:
    seen: list[str] = []

    def take(message: bytes) -> bool:
        seen.append(caller.get())
        return False

    async def follow(client: EtcdClient, server: Feed) -> None:
        caller.set("the watch")
        receiving = asyncio.create_task((await opened(client, server)).receive(take))
        await asyncio.sleep(0)
        server.send(chunk(b"{}\n"))
        assert await receiving == []

    async with Feed() as server, client_of(server) as client:
        caller.set("another")
        # The watch goes over the connection that this has made.
        assert await client.post(server.endpoint, "/kv/range", b"{}", {}, SOON) == {}
        await asyncio.create_task(follow(client, server))
        assert server.connections == 1
    assert seen == ["the watch"]


async def test_a_connection_whose_watch_has_ended_serves_the_next_request() -> None:
    def reply(path: str, body: bytes) -> bytes:
        return answer(CREATED + b'{"result":{}}\n') if "watch" in path else answer(b'{"a":1}')

    async with CannedServer(reply) as server, client_of(server) as client:
        stream = await opened(client, server)
        assert await stream.receive() == [b'{"result":{}}']
        with pytest.raises(Unavailable):
            await stream.receive()
        assert await client.post(server.endpoint, "/kv/range", b"{}", {}, SOON) == {"a": 1}
        assert server.connections == 1
