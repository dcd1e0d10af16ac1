"""Actions: found by name, run where they belong, and whatever they return becomes an answer."""

from __future__ import annotations

import asyncio
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from corvo_agent._generated import diagnostics, protos
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.handlers.action import Action, ActionHandler
from corvo_agent.diagnostics.messages.payloads import decode_string, string_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import InvalidArgument, InvalidQuery, RemoteError, ResourceExhausted
from tests.descriptors import google_class


async def answer(function: Action, parameters: Mapping[str, str] | None = None, *, type_url: str = "") -> Payload:
    handler = ActionHandler()
    handler.register_action("act", function, type_url=type_url)
    await handler.start()
    payload = await handler.handle(DebugQuery("Action", {"action": "act", **(parameters or {})}))
    await handler.stop()
    return payload


async def test_plain_functions_run_in_a_thread_and_async_ones_on_the_loop() -> None:
    async def on_the_loop(_: Mapping[str, str]) -> str:
        asyncio.get_running_loop()
        return str(threading.get_ident())

    here = str(threading.get_ident())
    assert decode_string((await answer(on_the_loop)).value) == here
    assert decode_string((await answer(lambda _: str(threading.get_ident()))).value) != here


async def test_an_object_with_an_async_call_runs_on_the_loop() -> None:
    class Callable:
        async def __call__(self, parameters: Mapping[str, str]) -> str:
            return f"{threading.get_ident()}"

    assert decode_string((await answer(Callable())).value) == str(threading.get_ident())


async def test_an_action_gets_the_parameters_and_the_query_when_it_wants_it() -> None:
    seen: list[object] = []
    await answer(lambda parameters: seen.append(dict(parameters)), {"a": "b"})
    await answer(lambda parameters, query: seen.append((dict(parameters), query.query)), {"a": "b"})
    await answer(lambda parameters, extra=None: seen.append(extra))
    assert seen == [{"action": "act", "a": "b"}, ({"action": "act", "a": "b"}, "Action"), None]


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ("plain é", "plain é"),
        ({"a": [1, 2.5, None, True], 3: "ü"}, '{"a":[1,2.5,null,true],"3":"ü"}'),
        (MappingProxyType({"a": 1}), '{"a":1}'),
        ([], "[]"),
        (None, "null"),
        (7, "7"),
    ],
)
async def test_what_json_can_hold_is_answered_as_text(result: object, text: str) -> None:
    assert await answer(lambda _: result) == string_payload(text)


async def test_what_json_cannot_hold_is_the_actions_fault() -> None:
    with pytest.raises(TypeError, match="Type is not JSON serializable: object"):
        await answer(lambda _: object())


async def test_an_action_that_wants_to_exit_ends_itself_and_not_the_process() -> None:
    def parse(_: Mapping[str, str]) -> None:
        ArgumentParser("act", exit_on_error=True).exit(2)

    async def leave(_: Mapping[str, str]) -> None:
        sys.exit("enough")

    with pytest.raises(RuntimeError, match=r"SystemExit\(2\)"):
        await answer(parse)
    with pytest.raises(RuntimeError, match=r"SystemExit\('enough'\)"):
        await answer(leave)


class Bespoke(BaseException):
    """What a library of the host's own raises."""


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), GeneratorExit(), Bespoke("x"), asyncio.CancelledError()])
async def test_whatever_an_async_action_raises_is_an_error_for_its_caller(raised: BaseException) -> None:
    async def act(_: Mapping[str, str]) -> None:
        await asyncio.sleep(0)
        raise raised

    service = DiagnosticsService()
    service.register_action("act", act)
    service.register_action("fine", lambda _: "well")
    async with DiagnosticsServer([service]) as server, DiagnosticsClient(server.address) as client:
        with pytest.raises(RemoteError, match=type(raised).__name__):
            await client.debug("Action", {"action": "act"})
        assert decode_string((await client.debug("Action", {"action": "fine"})).value) == "well"


async def test_a_cancelled_query_cancels_its_action() -> None:
    entered, left = asyncio.Event(), asyncio.Event()

    async def act(_: Mapping[str, str]) -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    query = asyncio.create_task(answer(act))
    await entered.wait()
    query.cancel()
    with pytest.raises(asyncio.CancelledError):
        await query
    assert left.is_set()


async def test_messages_are_packed_with_their_own_type() -> None:
    ours = diagnostics.ServicePort(name="p", port=7)
    google = google_class("diagnostics.ServicePort")(Name="p", Port=7)
    expected = Payload("type.googleapis.com/diagnostics.ServicePort", bytes(ours))
    assert await answer(lambda _: ours) == await answer(lambda _: google) == expected
    named = await answer(lambda _: ours, type_url="type.googleapis.com/other.Port")
    assert named == Payload("type.googleapis.com/other.Port", bytes(ours))
    assert await answer(lambda _: protos.String(content="x")) == string_payload("x")


async def test_a_payload_is_passed_on() -> None:
    assert await answer(lambda _: Payload("x/y", b"z")) == Payload("x/y", b"z")


async def test_a_builtin_without_a_signature_can_be_an_action() -> None:
    assert await answer(dict) == string_payload('{"action":"act"}')


async def test_the_texts_that_go_peers_know() -> None:
    handler = ActionHandler()
    for name in ("z", "x", "y"):
        handler.register_action(name, str)
    assert handler.names == ("x", "y", "z")
    with pytest.raises(InvalidQuery, match=r"^Action not specified$"):
        await handler.handle(DebugQuery("Action"))
    with pytest.raises(InvalidQuery, match=r"^\[a\] action is unknown. Valid actions are \[x y z\]$"):
        await handler.handle(DebugQuery("Action", {"action": "a"}))
    with pytest.raises(InvalidQuery, match=r"^action is already registered$"):
        handler.register_action("x", str)
    with pytest.raises(InvalidArgument, match="action: it has no name"):
        handler.register_action("", str)


async def test_threads_are_bounded() -> None:
    handler, go_on = ActionHandler(threads=1), threading.Event()
    handler.register_action("wait", lambda _: go_on.wait(60))
    query = DebugQuery("Action", {"action": "wait"})
    first: asyncio.Task[Any] = asyncio.create_task(handler.handle(query))
    await asyncio.sleep(0)
    with pytest.raises(ResourceExhausted, match="actions in threads at once: at most 1"):
        await handler.handle(query)
    go_on.set()
    assert await first == string_payload("true")
