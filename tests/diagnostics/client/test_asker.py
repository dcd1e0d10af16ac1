"""Asking a peer of the original: lower case, its own parameters, and a log that is followed by asking again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.payloads import decode_logs
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import DeadlineExceeded, DecodeError, InvalidArgument, RemoteError, Unavailable
from corvo_agent.testing import FakeClock
from tests.diagnostics.kit import Echo, Once, served
from tests.foreign_peer import Messages, foreign
from tests.original_peer import Original, Record

T = TypeVar("T")

NOON = 1_795_608_000_000_000_000  # 2026-11-25T12:00:00Z
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Messages:
    return Messages(tmp_path_factory.mktemp("protos"))


def record(number: int, level: str = "info", day: str = "2026-11-25") -> Record:
    time = f"{day}T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
    return {"level": level, "msg": f"line {number}", "ts": time}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@asynccontextmanager
async def asking(original: Original, clock: FakeClock) -> AsyncIterator[DiagnosticsClient]:
    async with foreign(original) as address, DiagnosticsClient(address, clock=clock) as client:
        yield client


def asked(original: Original) -> list[str]:
    return [request.Query for request in original.seen]


async def later(clock: FakeClock, batches: AsyncIterator[T], seconds: float = 1.0) -> T:
    """The next batch, which comes when ``seconds`` have passed, once or several times."""
    batch = asyncio.ensure_future(anext(batches))
    while not batch.done():
        await (clock.advance(seconds) if clock.sleeping else asyncio.sleep(0))
    return await batch


async def test_a_query_that_is_unknown_is_sent_again_in_lower_case(messages: Messages, clock: FakeClock) -> None:
    original = Original(messages)
    original.records = [record(1)]
    async with asking(original, clock) as client:
        assert await client.stats("cpustats") == {"cpustats": {"NumCPUs": 16, "NumGoroutines": 170, "NumCgoCalls": 1}}
        assert await client.action("list-objects", kind="Network") == '"{}"'
        assert await client.logs() == [record(1)]
    # Once it has shown that it is exact, it is asked in lower case at once.
    assert asked(original) == ["Stats", "stats", "action", "log"]


async def test_what_it_knows_in_no_case_is_told_as_it_was_written(messages: Messages, clock: FakeClock) -> None:
    original = Original(messages)
    async with asking(original, clock) as client:
        for _ in range(2):
            with pytest.raises(RemoteError) as caught:
                await client.profile("heap")
            assert (caught.value.code, caught.value.message) == ("UNKNOWN", "unknown query: Profile")
        await client.stats()
        with pytest.raises(RemoteError, match="unknown query: Profile"):
            await client.profile("heap")
    assert asked(original)[-2:] == ["profile", "Profile"]


async def test_other_refusals_are_final(messages: Messages, clock: FakeClock) -> None:
    original = Original(messages)
    async with asking(original, clock) as client:
        await client.stats()
        with pytest.raises(RemoteError, match=r"\[x\] action is unknown. Valid actions are \[list-objects\]"):
            await client.action("x")
    assert asked(original) == ["Stats", "stats", "action"]


async def test_an_agent_of_ours_is_asked_once(clock: FakeClock) -> None:
    service, echo = DiagnosticsService(), Echo()
    service.register_handler("Log", echo)
    async with served(service) as address, DiagnosticsClient(address, clock=clock) as client:
        await client.logs(level="error")
        with pytest.raises(RemoteError, match="INVALID_ARGUMENT: unknown query: Nothing"):
            await client.debug("Nothing")
    assert [dict(query.parameters) for query in echo.queries] == [{"level": "error"}]


async def test_parameters_that_it_does_not_know_are_followed_here(messages: Messages, clock: FakeClock) -> None:
    original = Original(messages)
    original.records = [record(number, "error" if number % 3 == 0 else "info") for number in range(30)]
    async with asking(original, clock) as client:
        assert await client.logs(lines=2, level="error") == [record(24, "error"), record(27, "error")]
        assert await client.logs(since="2026-11-25T00:00:28Z") == [record(28), record(29)]
        assert await client.logs({"field.msg": "line 7"}, columns="msg") == [{"msg": "line 7"}]
        # What it knows itself is left to it.
        assert await client.logs(lines=3) == original.records[-3:]
        with pytest.raises(InvalidArgument, match="level"):
            await client.logs(level="loud")
    assert dict(original.seen[-1].Parameters) == {"lines": "3"}


@pytest.mark.parametrize("searches", [False, True])
async def test_a_log_is_followed_by_asking_again(messages: Messages, clock: FakeClock, searches: bool) -> None:
    original = Original(messages, searches=searches)
    original.records = [record(number) for number in range(2500)]
    async with asking(original, clock) as client, aclosing(client.follow({"lines": "2"})) as batches:
        assert await anext(batches) == [record(2498), record(2499)]
        told = 2500
        for count in (1, 700):
            original.records += [record(told + number) for number in range(count)]
            assert await later(clock, batches) == [record(told + number) for number in range(count)]
            told += count


@pytest.mark.parametrize("searches", [False, True])
async def test_a_followed_log_goes_on_past_midnight(messages: Messages, searches: bool) -> None:
    clock, original = FakeClock(NOON), Original(messages, searches=searches)
    original.records = [record(1)]
    async with asking(original, clock) as client, aclosing(client.follow()) as batches:
        assert await anext(batches) == [record(1)]
        last, first = record(86399), record(0, day="2026-11-26")
        original.records += [last, first]
        found = await later(clock, batches, 86400 / 2 + 1)
        if searches:
            # Each day is an index of its own.
            assert found == [last]
            found += await later(clock, batches)
        assert found == [last, first]


async def test_a_followed_log_shows_what_was_asked_for(messages: Messages, clock: FakeClock) -> None:
    original = Original(messages)
    original.records = [record(1), record(2, "error")]
    async with asking(original, clock) as client, aclosing(client.follow({"level": "warn"})) as batches:
        assert await anext(batches) == [record(2, "error")]
        original.records += [record(3), record(4, "error"), record(5)]
        assert await later(clock, batches) == [record(4, "error")]


async def test_a_followed_log_has_its_time(messages: Messages, clock: FakeClock) -> None:
    original = Original(messages)
    async with asking(original, clock) as client, aclosing(client.stream("Log", timeout=60.0)) as answers:
        assert decode_logs((await anext(answers)).value) == []
        with pytest.raises(DeadlineExceeded, match="no answer within 60 s"):
            await later(clock, answers, 60.0)


async def test_a_peer_that_is_lost_ends_a_followed_log(messages: Messages, clock: FakeClock) -> None:
    async with foreign(Original(messages)) as address:
        client = DiagnosticsClient(address, clock=clock)
        batches = client.follow()
        assert await anext(batches) == []
    async with client, aclosing(batches):
        with pytest.raises(Unavailable):
            await later(clock, batches)


async def test_only_a_log_is_followed_by_asking_again(clock: FakeClock) -> None:
    service = DiagnosticsService()
    service.register_handler("Uptime", Once())
    async with served(service) as address, DiagnosticsClient(address, clock=clock) as client:
        with pytest.raises(RemoteError, match="UNIMPLEMENTED: following Uptime"):
            await anext(client.stream("Uptime"))


async def test_an_answer_of_another_type_is_told(clock: FakeClock) -> None:
    service = DiagnosticsService()
    service.register_handler("Log", Once())
    async with served(service) as address, DiagnosticsClient(address, clock=clock) as client:
        with pytest.raises(DecodeError, match=r"protos\.String"):
            await anext(client.follow())
