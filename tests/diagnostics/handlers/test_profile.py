"""The Profile query: which kind, which parameters, how long; and what the callers that it refuses hear."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from corvo_agent.diagnostics.handlers.profile import ProfileHandler
from corvo_agent.diagnostics.messages.payloads import PROFILE, check_type, decode_profile
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import AlreadyExists, InvalidArgument, ResourceExhausted
from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.pprof.reader import decode


class Echo:
    """A kind that answers with what it was asked."""

    default_seconds: float | None = None

    def __init__(self, name: str = "echo", parameters: Sequence[str] = ("seconds", "word")) -> None:
        self.name = name
        self.parameters = parameters

    async def take(self, request: ProfileRequest) -> bytes:
        return f"{request.seconds} {request.text('word')}".encode()


def query(timeout: float | None = None, **parameters: str) -> DebugQuery:
    return DebugQuery("Profile", parameters, timeout=timeout)


async def ask(handler: ProfileHandler, timeout: float | None = None, **parameters: str) -> bytes:
    payload = await handler.handle(query(timeout, **parameters))
    return decode_profile(check_type(payload, PROFILE))


@pytest.mark.parametrize("name", ["echo", "Echo", "ECHO", " echo "])
async def test_a_kind_is_found_in_any_case(name: str) -> None:
    assert await ask(ProfileHandler([Echo()]), profile=name, word="hi", seconds="1.5") == b"1.5 hi"


async def test_an_unknown_profile_is_refused_with_the_list() -> None:
    handler = ProfileHandler([Echo("one"), Echo("two")])
    with pytest.raises(InvalidArgument, match=r"profile: unknown profile, got 'symbol'; valid: one, two"):
        await ask(handler, profile="symbol")
    with pytest.raises(InvalidArgument, match=r"profile: which one\?.*valid: one, two"):
        await ask(handler)


async def test_a_long_name_takes_no_longer_than_its_length() -> None:
    # Were the time quadratic in it, one query would hold up the agent for hours.
    handler = ProfileHandler([], other=Echo)
    for name in ("a" * 1_000_000 + "!", "." * 1_000_000, "-." * 500_000 + "/"):
        with pytest.raises(InvalidArgument):
            await ask(handler, profile=name)
    assert await ask(handler, profile="..my-own.2", word="hi") == b"None hi"


async def test_an_unknown_parameter_is_refused_with_the_list() -> None:
    with pytest.raises(InvalidArgument, match=r"secs: unknown parameter of echo; valid: seconds, word"):
        await ask(ProfileHandler([Echo()]), profile="echo", secs="3")


@pytest.mark.parametrize("seconds", ["0", "-1", "121", "nan", "inf", "ten"])
async def test_seconds_are_bounded(seconds: str) -> None:
    with pytest.raises(InvalidArgument, match="seconds: "):
        await ask(ProfileHandler([Echo()]), profile="echo", seconds=seconds)


async def test_the_bound_can_be_chosen() -> None:
    handler = ProfileHandler([Echo()], max_seconds=2)
    with pytest.raises(InvalidArgument, match=r"must be from 0\.01 to 2, got '3'"):
        await ask(handler, profile="echo", seconds="3")
    assert await ask(handler, profile="echo", seconds="2") == b"2.0 "


async def test_a_time_that_the_caller_will_not_wait_for_is_refused_before_it_starts() -> None:
    handler = ProfileHandler([Echo()])
    with pytest.raises(InvalidArgument, match=r"the caller waits for 5 s only, echo would measure for 5 s"):
        await ask(handler, 5.0, profile="echo", seconds="5")
    assert await ask(handler, 5.0, profile="echo", seconds="4.9") == b"4.9 "
    kind = Echo()
    kind.default_seconds = 10.0
    with pytest.raises(InvalidArgument, match="would measure for 10 s"):
        await ask(ProfileHandler([kind]), 5.0, profile="echo")


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(AlreadyExists, match="profile echo already exists"):
        ProfileHandler([Echo(), Echo()])


async def test_this_process_has_the_kinds_of_go() -> None:
    handler = ProfileHandler()
    assert {"profile", "goroutine", "cmdline"} <= set(handler.kinds)
    await handler.start()
    assert decode(await ask(handler, profile="goroutine")).sample_types[0].type == "goroutine"
    assert b"\0" in await ask(handler, profile="cmdline")
    await handler.stop()


async def cpu(handler: ProfileHandler, **parameters: Any) -> Any:
    return decode(await ask(handler, profile="profile", engine="builtin", **parameters))


async def test_a_second_cpu_profile_waits_for_its_turn_as_long_as_its_caller_can() -> None:
    handler, other = ProfileHandler(), ProfileHandler()
    first = asyncio.create_task(cpu(handler, seconds="1.5"))
    await asyncio.sleep(0)
    asked = {"profile": "profile", "engine": "builtin", "seconds": "0.05"}
    second = await other.handle(DebugQuery("Profile", asked, timeout=60))
    assert first.done()
    assert any("samples: asked 5, " in comment for comment in decode(decode_profile(second.value)).comments)
    await first


async def test_a_second_cpu_profile_is_refused_and_a_cancelled_one_makes_room() -> None:
    handler, other = ProfileHandler(), ProfileHandler()
    first = asyncio.create_task(cpu(handler, seconds="60"))
    await asyncio.sleep(0)
    with pytest.raises(ResourceExhausted, match="CPU profiles of one process at a time: at most 1"):
        await cpu(other, seconds="60")
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await cpu(handler, seconds="0.05")).default_sample_type == "cpu"
