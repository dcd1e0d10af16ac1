"""The service behind grpclib's own server: answers, statuses, bounds, and its life."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from grpclib.client import Channel, UnaryUnaryMethod
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from h2.settings import SettingCodes
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.payloads import decode_logs, decode_string
from corvo_agent.diagnostics.query import NOTHING, Payload
from corvo_agent.diagnostics.service import DiagnosticsService, ServiceLimits
from corvo_agent.errors import CorvoError, DeadlineExceeded, NotFound, RemoteError, Unavailable
from tests.h2_peer import connected, framed
from tests.raw_message import RawMessage

from .kit import Echo, Failing, Gate, request_bytes, served, split, until


async def refused(client: DiagnosticsClient, query: str, parameters: dict[str, str] | None = None) -> tuple[str, str]:
    """Code and text of the error that the query is answered with."""
    with pytest.raises(RemoteError) as caught:
        await client.debug(query, parameters)
    return caught.value.code, caught.value.message


@pytest.fixture
def service() -> DiagnosticsService:
    return DiagnosticsService()


@pytest.fixture(autouse=True)
def quiet_grpclib(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing in these tests may make grpclib log a traceback: each failure has to be a status."""
    yield
    for record in caplog.get_records("call"):
        assert not (record.name.startswith("grpclib") and record.levelno >= logging.ERROR), record.getMessage()


async def test_a_query_reaches_its_handler_whole(service: DiagnosticsService) -> None:
    echo = Echo()
    service.register_handler("Log", echo)
    async with served(service) as address, DiagnosticsClient(address) as client:
        payload = await client.debug("lOG", {"a": "é", "b": ""}, name="m1", service_port="p", timeout=20)
    assert decode_logs(payload.value) == [{"a": "é", "b": ""}]
    (query,) = echo.queries
    assert (query.query, query.name, query.service_port) == ("lOG", "m1", "p")
    assert 10 < (query.timeout or 0) <= 20


async def test_a_query_for_another_module_is_refused_and_one_without_a_name_is_answered(
    service: DiagnosticsService,
) -> None:
    echo = Echo()
    service.name = "node1-foo"
    service.register_handler("Log", echo)
    async with served(service) as address:
        for name in ("", "node1-foo"):
            async with DiagnosticsClient(address, name) as client:
                await client.debug("Log")
                assert [lines async for lines in client.follow({"count": "1"})] == [[{"number": "0"}]]
        assert [query.name for query in echo.queries] == ["", "", "node1-foo", "node1-foo"]
        async with DiagnosticsClient(address, "node2-foo") as client:
            expected = "FAILED_PRECONDITION", "this is the agent of node1-foo, not of node2-foo"
            assert await refused(client, "Log") == expected
            with pytest.raises(RemoteError) as caught:
                await anext(client.follow())
            assert (caught.value.code, caught.value.message) == expected
    assert len(echo.queries) == 4


async def test_nothing_is_an_answer_too(service: DiagnosticsService) -> None:
    async def nothing(_: object) -> Payload:
        return NOTHING

    service.register_action("nothing", nothing)
    async with served(service) as address, DiagnosticsClient(address) as client:
        assert await client.debug("Action", {"action": "nothing"}) == NOTHING


async def test_handlers_live_as_long_as_the_service(service: DiagnosticsService) -> None:
    echo = Echo()
    service.register_handler("Log", echo)
    async with service:
        assert echo.starts == 1
        async with served(service) as address, DiagnosticsClient(address) as client:
            await client.debug("log")
    assert (echo.starts, echo.stops) == (1, 1)
    await service.aclose()
    assert echo.stops == 1


async def test_without_a_start_the_first_query_starts_its_handler(service: DiagnosticsService) -> None:
    echo, other = Echo(), Echo()
    service.register_handler("Log", echo)
    service.register_handler("Stats", other)
    async with served(service) as address, DiagnosticsClient(address) as client:
        await asyncio.gather(*(client.debug("log") for _ in range(5)))
    assert (echo.starts, other.starts) == (1, 0)
    await service.aclose()
    assert (echo.stops, other.stops) == (1, 0)


async def test_a_handler_is_replaced_while_serving(service: DiagnosticsService) -> None:
    first, second = Echo(), Echo()
    service.register_handler("Log", first)
    async with service, served(service) as address, DiagnosticsClient(address) as client:
        await client.debug("log")
        service.register_handler("LOG", second)
        await client.debug("log")
    assert [(each.starts, each.stops, len(each.queries)) for each in (first, second)] == [(1, 1, 1), (1, 1, 1)]


async def test_what_cannot_be_answered_says_so(service: DiagnosticsService) -> None:
    service.register_action("y", Echo)
    service.register_action("x", Echo)
    async with served(service) as address, DiagnosticsClient(address) as client:
        assert await refused(client, "Nope") == ("INVALID_ARGUMENT", "unknown query: Nope")
        assert await refused(client, "") == ("INVALID_ARGUMENT", "unknown query:")
        assert await refused(client, "Action") == ("INVALID_ARGUMENT", "Action not specified")
        assert await refused(client, "Action", {"action": "a"}) == (
            "INVALID_ARGUMENT",
            "[a] action is unknown. Valid actions are [x y]",
        )


async def test_a_handlers_error_is_a_status(service: DiagnosticsService, caplog: pytest.LogCaptureFixture) -> None:
    service.register_handler("Log", Failing(NotFound("log file", "/é.log")))
    service.register_handler("Stats", Failing(ZeroDivisionError("division by zero")))
    service.register_handler("Profile", Failing(TimeoutError()))
    service.register_handler("Exit", Failing(SystemExit(3)))
    service.register_handler("Late", Failing(asyncio.CancelledError()))
    async with served(service) as address, DiagnosticsClient(address) as client:
        assert await refused(client, "Log") == ("NOT_FOUND", "log file /é.log not found")
        assert await refused(client, "Stats") == ("INTERNAL", "ZeroDivisionError: division by zero")
        assert await refused(client, "Profile") == ("INTERNAL", "TimeoutError:")
        assert await refused(client, "Exit") == ("INTERNAL", "SystemExit: 3")
        with pytest.raises(Unavailable, match="query Late is unavailable: it was stopped"):
            await client.debug("Late")
    (stats,) = (record for record in caplog.records if record.getMessage() == "query Stats failed")
    assert stats.exc_info is not None
    assert "query Log failed" not in caplog.text


async def test_a_handler_that_answers_with_something_else(service: DiagnosticsService) -> None:
    class Wrong(Echo):
        async def handle(self, query: object) -> Any:
            return "text"

    service.register_handler("Wrong", Wrong())
    async with served(service) as address, DiagnosticsClient(address) as client:
        code, text = await refused(client, "Wrong")
        assert (code, text[:15]) == ("INTERNAL", "TypeError: str ")


async def test_more_queries_than_places() -> None:
    service, gate = DiagnosticsService(limits=ServiceLimits(queries=2, reserved=0, place_timeout=0.0)), Gate()
    service.register_handler("Log", gate)
    service.register_handler("Stats", Echo())
    async with served(service) as address, DiagnosticsClient(address) as client:
        running = [asyncio.create_task(client.debug("Log")) for _ in range(2)]
        for _ in running:
            await gate.entered.acquire()
        assert "2/2 queries" in repr(service)
        assert await refused(client, "Stats") == ("RESOURCE_EXHAUSTED", "queries at once: at most 2")
        gate.open.set()
        assert [decode_string((await each).value) for each in running] == ["through"] * 2
        await client.debug("Stats")


async def test_the_callers_deadline_cancels_the_handler(service: DiagnosticsService) -> None:
    gate = Gate()
    service.register_handler("Log", gate)
    service.register_handler("Stats", Echo())
    async with served(service) as address, DiagnosticsClient(address) as client:
        # Connected from now on: a deadline that passes before that is another error.
        await client.debug("Stats")
        seconds = 0.2
        # The deadline may pass before a crowded machine has come to the handler: then a later one is tried.
        while gate.entered.locked():
            with pytest.raises(DeadlineExceeded, match=rf"no answer within {seconds:g} s"):
                await client.debug("Log", timeout=seconds)
            seconds *= 2
        await gate.cancelled.acquire()


async def test_a_deadline_far_away_is_not_waited_for() -> None:
    service, gate = DiagnosticsService(limits=ServiceLimits(longest_query=0.1)), Gate()
    service.register_handler("Log", gate)
    async with served(service) as address, DiagnosticsClient(address) as client:
        # It may pass before a crowded machine has come to the handler.
        while gate.entered.locked():
            with pytest.raises(DeadlineExceeded):
                await client.debug("Log", timeout=99_999_999)
        await gate.cancelled.acquire()


async def test_without_a_deadline_the_services_own_counts() -> None:
    service, slow, slower = DiagnosticsService(limits=ServiceLimits(query_timeout=0.1)), Gate(), Gate(stubborn=True)
    service.register_handler("Slow", slow)
    service.register_handler("Slower", slower, timeout=0.2)
    async with served(service) as address, Channel(*split(address)) as channel:
        debug = UnaryUnaryMethod(channel, "/protos.Diagnostics/Debug", RawMessage, RawMessage)
        for query, gate, seconds in (("Slow", slow, "0.1"), ("Slower", slower, "0.2")):
            # The time may pass before a crowded machine has come to the handler.
            while gate.entered.locked():
                with pytest.raises(GRPCError) as caught:
                    await debug(RawMessage(request_bytes(query)))
                assert caught.value.status is Status.DEADLINE_EXCEEDED
                assert caught.value.message == f"query {query}: no answer within {seconds} s"
        await slow.cancelled.acquire()
    slower.open.set()
    await until(lambda: "0/16 queries" in repr(service))


async def test_a_caller_that_goes_away_ends_its_query(service: DiagnosticsService) -> None:
    gate = Gate()
    service.register_handler("Log", gate)
    async with served(service) as address, DiagnosticsClient(address) as client:
        call = asyncio.create_task(client.debug("Log"))
        await gate.entered.acquire()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await gate.cancelled.acquire()
        async with DiagnosticsClient(address) as other:
            lost = asyncio.create_task(other.debug("Log"))
            await gate.entered.acquire()
        with pytest.raises(Unavailable):
            await lost
        await gate.cancelled.acquire()
        await until(lambda: "0/16 queries" in repr(service))


async def test_closing_the_service_answers_what_runs(service: DiagnosticsService) -> None:
    gate = Gate()
    service.register_handler("Log", gate)
    async with served(service) as address, DiagnosticsClient(address) as client:
        call = asyncio.create_task(client.debug("Log"))
        await gate.entered.acquire()
        await service.aclose()
        with pytest.raises(Unavailable, match="query Log is unavailable: it was stopped"):
            await call
        with pytest.raises(Unavailable, match="handler of Log is unavailable: it is stopped"):
            await client.debug("Log")
    assert gate.stops == 1


async def test_an_answer_that_is_too_long() -> None:
    service = DiagnosticsService(limits=ServiceLimits(response_bytes=1000))
    service.register_action("long", lambda parameters: "x" * int(parameters["n"]))
    async with served(service) as address, DiagnosticsClient(address) as client:
        assert await client.action("long", n="900") == "x" * 900
        assert await refused(client, "Action", {"action": "long", "n": "5000"}) == (
            "RESOURCE_EXHAUSTED",
            "bytes of an answer (ask for less): at most 1000, got 5003",
        )


async def test_a_caller_that_does_not_take_its_answer_is_given_up() -> None:
    service = DiagnosticsService(limits=ServiceLimits(send_timeout=0.01, queries=1))
    service.register_action("long", lambda parameters: "x" * int(parameters["n"]))
    async with served(service) as address:
        for size in ("1000", "1000000"):
            async with connected(address) as peer:
                peer.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 10})
                peer.takes = False
                stream = await peer.request()
                request = request_bytes("Action", {"action": "long", "n": size})
                await peer.send(stream, framed(request), end=True)
                text = "the caller: its answer was not taken within 0.01 s"
                assert await peer.answer(stream) == ("4", text)
        await until(lambda: "0/1 queries" in repr(service))


async def test_serving_is_told_to_those_who_listen(service: DiagnosticsService) -> None:
    seen: list[bool] = []
    service.watch_serving(seen.append)
    async with service:
        pass
    assert seen == [True, True, False]


async def test_the_defaults_answer(tmp_path: Any) -> None:
    log = tmp_path / "pen-demo.log"
    log.write_text('{"level":"info","ts":"2026-11-23T04:02:06.4Z","msg":"hello"}\n')
    service = DiagnosticsService.with_defaults("pen-demo", "node1", log_file=str(log))
    async with service, served(service) as address, DiagnosticsClient(address) as client:
        (record,) = await client.logs(lines=1)
        assert (record["msg"], record["source"]) == ("hello", str(log))
    assert (service.module, service.node, service.category) == ("pen-demo", "node1", "Venice")


async def test_any_parameters_arrive_or_are_refused_clearly(service: DiagnosticsService) -> None:
    service.register_handler("Log", Echo())

    async with served(service) as address, DiagnosticsClient(address) as client:

        async def ask(query: str, parameters: dict[str, str]) -> None:
            try:
                answer: object = decode_logs((await client.debug(query, parameters)).value)
            except RemoteError as error:
                answer = error.code
            assert answer == ([parameters] if query.casefold() == "log" else "INVALID_ARGUMENT")

        loop = asyncio.get_running_loop()

        @settings(max_examples=40, deadline=None)
        @given(
            st.one_of(st.just("log"), st.text(max_size=20)),
            st.dictionaries(st.text(max_size=10), st.one_of(st.text(max_size=10), st.just("x" * 100_000)), max_size=5),
        )
        def run(query: str, parameters: dict[str, str]) -> None:
            asyncio.run_coroutine_threadsafe(ask(query, parameters), loop).result(30)

        await asyncio.to_thread(run)


async def test_errors_of_ours_all_become_statuses(service: DiagnosticsService) -> None:
    service.register_handler("Log", Failing(CorvoError("plain")))
    async with served(service) as address, DiagnosticsClient(address) as client:
        assert await refused(client, "Log") == ("UNKNOWN", "plain")
