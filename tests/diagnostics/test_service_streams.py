"""DebugStream: answers until it ends, fails, is left, or the service closes."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.payloads import decode_logs, string_payload
from corvo_agent.diagnostics.query import Payload
from corvo_agent.diagnostics.service import DiagnosticsService, ServiceLimits
from corvo_agent.errors import DeadlineExceeded, NotFound, RemoteError, Unavailable

from .kit import Echo, Failing, Gate, Once, served, until


@pytest.fixture
def service() -> DiagnosticsService:
    return DiagnosticsService()


async def test_a_stream_answers_until_it_ends(service: DiagnosticsService) -> None:
    service.register_handler("Log", Echo())
    async with served(service) as address, DiagnosticsClient(address) as client:
        answers = [decode_logs(payload.value) async for payload in client.stream("log", {"count": "4"})]
        assert answers == [[{"number": str(number)}] for number in range(4)]
        assert [payload async for payload in client.stream("log", {"count": "0"})] == []


async def test_a_stream_that_fails_ends_with_a_status(service: DiagnosticsService) -> None:
    service.register_handler("A", Failing(NotFound("log file", "x"), "stream"))
    service.register_handler("B", Failing(ZeroDivisionError("oops"), "stream after the first"))
    service.register_handler("C", Once())
    async with served(service) as address, DiagnosticsClient(address) as client:

        async def follow(query: str) -> list[Payload]:
            return [payload async for payload in client.stream(query)]

        for query, text in (
            ("A", "NOT_FOUND: log file x not found"),
            ("B", "INTERNAL: ZeroDivisionError: oops"),
            ("C", "UNIMPLEMENTED: following C is not possible here: its handler answers once, ask with Debug"),
            ("D", "INVALID_ARGUMENT: unknown query: D"),
        ):
            with pytest.raises(RemoteError, match=text):
                await follow(query)
        assert await anext(client.stream("B")) == string_payload("first")


async def test_leaving_a_stream_ends_it_at_the_agent(service: DiagnosticsService) -> None:
    gate = Gate()
    service.register_handler("Log", gate)
    async with served(service) as address, DiagnosticsClient(address) as client:
        async with aclosing(client.stream("Log")) as answers:
            assert await anext(answers) == string_payload("first")
            await gate.entered.acquire()
            assert "1/64 streams" in repr(service)
        await gate.cancelled.acquire()
        await until(lambda: "0/64 streams" in repr(service))


async def test_streams_have_places_of_their_own() -> None:
    service, gate = DiagnosticsService(limits=ServiceLimits(streams=1, queries=1, place_timeout=0.0)), Gate()
    service.register_handler("Log", gate)
    service.register_handler("Stats", Echo())
    async with (
        served(service) as address,
        DiagnosticsClient(address) as client,
        aclosing(client.stream("Log")) as answers,
    ):
        await anext(answers)
        with pytest.raises(RemoteError, match="RESOURCE_EXHAUSTED: followed queries at once: at most 1"):
            await anext(client.stream("Stats"))
        await client.debug("Stats")


async def test_a_stream_has_the_callers_deadline(service: DiagnosticsService) -> None:
    gate = Gate()
    service.register_handler("Log", gate)
    service.register_handler("Stats", Echo())
    async with served(service) as address, DiagnosticsClient(address) as client:
        # Connected from now on: a deadline that passes before that is another error.
        await client.debug("Stats")
        # It may pass before a crowded machine has come to the handler.
        while gate.entered.locked():
            with pytest.raises(DeadlineExceeded):
                async for _ in client.stream("Log", timeout=0.2):
                    pass
        await gate.cancelled.acquire()


async def test_closing_the_service_ends_its_streams(service: DiagnosticsService) -> None:
    gate = Gate()
    service.register_handler("Log", gate)
    async with (
        served(service) as address,
        DiagnosticsClient(address) as client,
        aclosing(client.stream("Log")) as answers,
    ):
        await anext(answers)
        await service.aclose()
        with pytest.raises(Unavailable, match="query Log is unavailable: it was stopped"):
            await anext(answers)


async def test_a_stream_of_too_many_parameters_is_refused(service: DiagnosticsService) -> None:
    service.register_handler("Log", Echo())
    async with served(service) as address, DiagnosticsClient(address) as client:
        with pytest.raises(RemoteError, match="RESOURCE_EXHAUSTED: parameters of a query: at most 1000"):
            await anext(client.stream("Log", {str(number): "" for number in range(1001)}))
