"""The client: addresses, typed answers, and every way of not getting one, in bounded time."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from grpclib.const import Cardinality, Handler

from corvo_agent.client import DiagnosticsClient
from corvo_agent.diagnostics.payloads import profile_payload, stats_payload, string_payload
from corvo_agent.diagnostics.query import NOTHING, DebugQuery, Payload
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import DeadlineExceeded, DecodeError, InvalidArgument, RemoteError, Unavailable
from tests.diagnostics.kit import Echo, Gate, served, until


class Fixed(Echo):
    """Always answers with one payload, and keeps what it was asked."""

    def __init__(self, payload: Payload) -> None:
        super().__init__()
        self.payload = payload

    async def handle(self, query: DebugQuery) -> Payload:
        self.queries.append(query)
        return self.payload


@asynccontextmanager
async def answering(query: str, payload: Payload) -> AsyncIterator[tuple[DiagnosticsClient, Fixed]]:
    """A client of a service that answers ``query`` with ``payload``."""
    service, handler = DiagnosticsService(), Fixed(payload)
    service.register_handler(query, handler)
    async with served(service) as address, DiagnosticsClient(address) as client:
        yield client, handler


@pytest.mark.parametrize("address", ["", "host", "host:", ":80", "host:x", "host:0", "host:65536", "unix:"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(InvalidArgument, match="address: "):
        DiagnosticsClient(address)


async def test_named_parameters_become_text_with_dashes() -> None:
    service, echo = DiagnosticsService(), Echo()
    service.register_handler("Log", echo)
    async with served(service) as address, DiagnosticsClient(address) as client:
        records = await client.logs({"field.a": "1"}, lines=300, max_results=5)
    assert records == [{"field.a": "1", "lines": "300", "max-results": "5"}]


async def test_stats_are_values_where_they_are_json() -> None:
    async with answering("Stats", stats_payload({"a": '{"n":1}', "b": "text", "c": "7"})) as (client, handler):
        assert await client.stats("a") == {"a": {"n": 1}, "b": "text", "c": 7}
        assert await client.stats(action="clear") == {"a": {"n": 1}, "b": "text", "c": 7}
    assert [query.parameters for query in handler.queries] == [{"action": "get", "expvar": "a"}, {"action": "clear"}]


async def test_stats_of_nothing_are_empty() -> None:
    async with answering("Stats", NOTHING) as (client, _):
        assert await client.stats() == {}


async def test_a_profile_has_time_to_measure() -> None:
    async with answering("Profile", profile_payload(b"pprof")) as (client, handler):
        assert await client.profile("heap") == b"pprof"
        assert await client.profile("profile", seconds=20.0) == b"pprof"
        assert await client.profile("profile", seconds=0.5, timeout=9) == b"pprof"
    assert [query.parameters for query in handler.queries] == [
        {"profile": "heap"},
        {"profile": "profile", "seconds": "20"},
        {"profile": "profile", "seconds": "0.5"},
    ]
    timeouts = [query.timeout or 0 for query in handler.queries]
    assert [25 < timeouts[0] <= 30, 45 < timeouts[1] <= 50, 5 < timeouts[2] <= 9] == [True] * 3


async def test_an_action_answers_with_text_or_a_message() -> None:
    async with answering("Action", string_payload("done")) as (client, handler):
        assert await client.action("go", fast="yes") == "done"
        handler.payload = Payload("x/some.Message", b"abc")
        assert await client.action("go") == Payload("x/some.Message", b"abc")
    assert handler.queries[0].parameters == {"action": "go", "fast": "yes"}


async def test_an_answer_of_another_type_is_refused() -> None:
    async with answering("Log", stats_payload({})) as (client, _):
        with pytest.raises(DecodeError, match=r"protos.Logs: the answer holds type.googleapis.com/protos.Stats"):
            await client.logs()


async def test_many_tasks_share_one_connection() -> None:
    async with answering("Action", string_payload("x" * 10_000)) as (client, handler):
        assert await asyncio.gather(*(client.action(str(number)) for number in range(16))) == ["x" * 10_000] * 16
        assert len({query.parameters["action"] for query in handler.queries}) == 16
        assert client.connected
        await client.aclose()
        assert not client.connected
        assert await client.action("again") == "x" * 10_000


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        async with DiagnosticsClient(address) as client:
            with pytest.raises(Unavailable, match=f"{address} is unavailable: .*Connect call failed"):
                await client.logs()
            with pytest.raises(Unavailable):
                await anext(client.stream("Log"))
    assert repr(client) == f"<DiagnosticsClient {address}>"


async def test_a_unix_socket_that_is_not_there(tmp_path: object) -> None:
    async with DiagnosticsClient(f"unix:{tmp_path}/x") as client:
        with pytest.raises(Unavailable, match="No such file"):
            await client.logs()


async def test_a_name_that_nobody_knows() -> None:
    async with DiagnosticsClient("name.invalid:1") as client:
        with pytest.raises(Unavailable):
            await client.logs()


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def peer(behaviour: Behaviour) -> AsyncIterator[str]:
    """The address of a server that does ``behaviour`` with each connection."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await behaviour(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"{host}:{port}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)


async def talk_http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 4)
    await writer.drain()
    await reader.read()


async def test_a_peer_that_says_nothing() -> None:
    async with peer(silent) as address, DiagnosticsClient(address, timeout=0.05) as client:
        with pytest.raises(DeadlineExceeded, match=r"no answer within 0.05 s"):
            await client.logs()


@pytest.mark.parametrize("behaviour", [hang_up, talk_http1])
async def test_a_peer_that_speaks_something_else(behaviour: Behaviour) -> None:
    async with peer(behaviour) as address, DiagnosticsClient(address, timeout=0.2) as client:
        with pytest.raises(Unavailable):
            await client.logs()


async def test_a_connection_gone_silent_is_left_for_a_new_one() -> None:
    service, gate = DiagnosticsService(), Gate()
    service.register_handler("Gate", gate)
    service.register_handler("Log", Echo())
    connections = 0

    async with served(service) as target:

        async def behaviour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            if connections == 1:
                await silent(reader, writer)
            await relay(target, reader, writer)

        async with peer(behaviour) as address, DiagnosticsClient(address) as client:
            first = asyncio.create_task(client.debug("Gate", timeout=60))
            await until(lambda: client.connected)
            with pytest.raises(DeadlineExceeded):
                await client.debug("Log", timeout=0.05)
            assert await client.logs(a=1) == [{"a": "1"}]
            assert (connections, first.done()) == (2, False)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first


async def relay(target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    host, _, port = target.rpartition(":")
    back, forth = await asyncio.open_connection(host, int(port))

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
        sink.close()

    try:
        await asyncio.gather(pump(reader, forth), pump(back, writer))
    finally:
        forth.close()
        await forth.wait_closed()


async def test_connecting_is_bounded_by_itself() -> None:
    with socket.socket() as full:
        # A backlog of none, filled: the system answers no further connection.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = f"127.0.0.1:{full.getsockname()[1]}"
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        async with DiagnosticsClient(address, connect_timeout=0.05) as client:
            with pytest.raises(Unavailable, match=r"no connection within 0.05 s"):
                await client.logs()
            with pytest.raises(Unavailable, match=r"no connection within 0.05 s"):
                await anext(client.stream("Log"))
        for filler in fillers:
            filler.close()


async def test_an_answer_without_a_message_is_an_error() -> None:
    class Empty:
        def __mapping__(self) -> dict[str, object]:
            return {"/protos.Diagnostics/Debug": Handler(self.debug, Cardinality.UNARY_STREAM, object, object)}

        async def debug(self, stream: object) -> None:
            pass

    async with served(Empty()) as address, DiagnosticsClient(address) as client:
        with pytest.raises(RemoteError, match="INTERNAL: the answer holds no message"):
            await client.debug("Log")


async def test_an_answer_that_is_no_protobuf() -> None:
    async with answering("Log", Payload("x/protos.Logs", b"\x0a\xff")) as (client, _):
        with pytest.raises(DecodeError, match=r"protos.Logs: it ends in the middle of a field"):
            await client.logs()


async def test_nothing_is_left_open() -> None:
    async with answering("Log", NOTHING) as (client, _):
        await client.logs()
        await client.aclose()
        await client.aclose()
    gc.collect()
