"""The client: addresses, typed answers, and every way of not getting one, in bounded time."""

from __future__ import annotations

import asyncio
import gc
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from grpclib.const import Cardinality, Handler

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.payloads import profile_payload, stats_payload, string_payload
from corvo_agent.diagnostics.query import NOTHING, DebugQuery, Payload
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import DecodeError, RemoteError, Unavailable
from tests.diagnostics.kit import Echo, served
from tests.faulty_server import AbruptServer
from tests.held import left_behind


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


async def test_handshakes_that_fail_leave_nothing_to_the_garbage_collector() -> None:
    async with AbruptServer() as server:
        address = server.endpoint.removeprefix("http://")
        async with DiagnosticsClient(address, ssl=ssl.create_default_context()) as client:
            with left_behind(SSLProtocol) as left:
                for _ in range(5):
                    with pytest.raises(Unavailable):
                        await client.debug("Stats")
                assert left() == 0
