"""The Action query: functions of the host service that operators may call by name."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import orjson
from betterproto import Message

from ...errors import InvalidArgument, InvalidQuery, shorten
from ...threads import DaemonThreads
from ..messages.payloads import TYPE_PREFIX, payload_of, string_payload
from ..query import DebugQuery, Payload

Action = Callable[..., Any] | Callable[..., Awaitable[Any]]
_THREADS = 4


class _Registered:
    """One action: how to call it and what its messages are called."""

    def __init__(self, function: Action, type_url: str) -> None:
        self.function = function
        self.type_url = type_url
        self.asynchronous = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - an object with an async __call__
        )
        self.wants_query = _takes_two(function)

    def bind(self, query: DebugQuery) -> Callable[[], Any]:
        arguments: tuple[object, ...] = (query.parameters, query) if self.wants_query else (query.parameters,)
        return partial(self.function, *arguments)


class ActionHandler:
    """Answers ``action=NAME``.

    An async function runs on the event loop, a plain one in a thread of its own (``threads`` at most), so that it
    cannot stall the loop; what belongs to the loop must be touched by async ones.
    """

    def __init__(self, threads: int = _THREADS) -> None:
        self._actions: dict[str, _Registered] = {}
        self._threads = DaemonThreads("actions in threads at once", threads)

    @property
    def names(self) -> tuple[str, ...]:
        """The registered actions, sorted."""
        return tuple(sorted(self._actions))

    def register_action(self, name: str, function: Action, *, type_url: str = "") -> None:
        """Let callers run ``function(parameters)``, or ``function(parameters, query)`` when it takes two arguments.

        It returns a betterproto or google.protobuf message, a text, a Payload, or anything that JSON can hold.
        ``type_url`` says what its messages are, where their Python module is not named as their package: see
        ``payload_of``. Raises InvalidQuery when the name is taken, InvalidArgument when it is empty.
        """
        if not name:
            raise InvalidArgument("action", name, "it has no name")
        if name in self._actions:
            raise InvalidQuery("action is already registered")
        self._actions[name] = _Registered(function, type_url)

    async def start(self) -> None:
        """Nothing to get ready."""

    async def stop(self) -> None:
        """Nothing to release: threads that still run end with their function."""

    async def handle(self, query: DebugQuery) -> Payload:
        """Run the action. InvalidQuery when none or an unknown one is named; raises what the action raises."""
        name = query.parameters.get("action", "")
        if not name:
            raise InvalidQuery("Action not specified")
        action = self._actions.get(name)
        if action is None:
            raise InvalidQuery(f"[{shorten(name)}] action is unknown. Valid actions are [{' '.join(self.names)}]")
        call = action.bind(query)
        result = await (_on_the_loop(call) if action.asynchronous else self._threads.run(call))
        return _payload(result, action.type_url)


async def _on_the_loop(call: Callable[[], Awaitable[Any]]) -> Any:
    task = asyncio.current_task()
    try:
        return await call()
    except asyncio.CancelledError as error:
        if task is None or task.cancelling():
            raise
        # The query was not cancelled: as its own end it would leave the caller without an answer.
        raise RuntimeError(repr(error)) from error
    except Exception:
        raise
    except BaseException as error:
        # SystemExit and KeyboardInterrupt would end the loop and with it the host, at the word of a caller; for others
        # of this kind nothing further up has an answer.
        raise RuntimeError(repr(error)) from error


def _takes_two(function: Action) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some builtins have no signature
        return False
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in places and parameter.default is parameter.empty for parameter in parameters) >= 2


def answer_of(function: Action, query: DebugQuery, type_url: str) -> Payload:
    """What ``function``, a plain one, answers to ``query``, run here and now; raises what it raises."""
    return _payload(_Registered(function, type_url).bind(query)(), type_url)


def _payload(result: object, type_url: str) -> Payload:
    if isinstance(result, Payload | Message):
        return payload_of(result, type_url)
    if isinstance(result, str):
        return string_payload(result)
    descriptor = getattr(result, "DESCRIPTOR", None)
    if descriptor is not None:
        serialized: bytes = result.SerializeToString()  # type: ignore[attr-defined] # a message of google.protobuf
        return Payload(type_url or TYPE_PREFIX + descriptor.full_name, serialized)
    return string_payload(orjson.dumps(_plain(result), option=orjson.OPT_NON_STR_KEYS).decode())


def _plain(result: object) -> object:
    # Read-only views of dicts are usual results and the one common thing that orjson does not know.
    return dict(result) if isinstance(result, Mapping) else result
