"""Answers in a process whose threads are gevent's or eventlet's: in a greenlet of its hub, so while that is stuck there
are none.

A native thread could answer always, but not import what it needs for that: it would wait for greenlets' import locks.
"""

from __future__ import annotations

import gc
import inspect
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..errors import InvalidArgument, InvalidQuery, Unsupported
from ..framing import pack_error
from .green_hubs import eventlet_spawner, gevent_spawner
from .questions import Answered

_OUTSIDE = "take it from outside, with py-spy or corvo attach"


class GreenAnswers:
    """Answers Stats, Action and the profile ``goroutine``, which shows greenlets, about ``process``.

    ``library`` is that of the greenlets. Raises Unsupported where its hub cannot be asked from another thread, and
    CorvoError before there is one. Its methods are for any thread.
    """

    def __init__(self, process: Answered, library: str) -> None:
        self._process = process
        self._library = library
        self._spawn = gevent_spawner() if library == "gevent" else eventlet_spawner()

    def ask(self, number: int, query: str, parameters: Mapping[str, str], timeout: float | None) -> None:
        """Answer it, under ``number``."""
        self._spawn(lambda: self._answer(number, query.casefold(), dict(parameters)))

    def cancel(self, number: int) -> None:
        """What is asked here is answered at once, or not to be stopped."""

    def cancel_all(self) -> None:
        """As ``cancel``."""

    def close(self, timeout: float) -> None:
        """What is asked here leaves nothing."""

    def enable_trace(self, on: bool, /) -> None:
        """What records all the time knows nothing of greenlets."""

    def register_action(self, name: str, function: Callable[..., Any], type_url: str) -> None:
        """It is found with the process when it is asked for."""

    def _answer(self, number: int, query: str, parameters: dict[str, str]) -> None:
        try:
            payload = self._payload(query, parameters)
        except (Exception, SystemExit) as error:
            # SystemExit too: what an action calls may want to exit, and that must not be the host.
            self._process.send({"t": "answer", "id": number, "error": pack_error(error)})
        else:
            self._process.send({"t": "answer", "id": number, "type_url": payload[0]}, payload[1])

    def _payload(self, query: str, parameters: dict[str, str]) -> tuple[str, bytes]:
        # Late, and here: on the hub imports wait for none but their own.
        from ..diagnostics.handlers.action import answer_of
        from ..diagnostics.messages.payloads import profile_payload, stats_payload
        from ..diagnostics.query import NOTHING, DebugQuery

        answer = NOTHING
        if query == "stats":
            if parameters.get("action", "").strip().lower() == "clear":
                self._process.variables().clear()
            else:
                answer = stats_payload(self._stats(parameters.get("expvar", "")))
        elif query == "profile":
            answer = profile_payload(self._profile(parameters))
        elif query == "action":
            function, type_url = self._action(parameters.get("action", ""))
            answer = answer_of(function, DebugQuery(query, parameters), type_url)
        else:
            raise InvalidQuery(f"unknown query: {query}")
        return answer.type_url, answer.value

    def _stats(self, name: str) -> dict[str, str]:
        from ..stats.runtime import RuntimeStats
        from ..stats.variables import shown

        known = {**RuntimeStats().variables, **self._process.variables().variables()}
        return {each: shown(each, variable) for each, variable in sorted(known.items()) if not name or each == name}

    def _action(self, name: str) -> tuple[Callable[..., Any], str]:
        if name not in self._process.actions:
            raise InvalidQuery(f"[{name}] action is unknown. Valid actions are [{' '.join(self._process.actions)}]")
        function, type_url = self._process.actions[name]
        if inspect.iscoroutinefunction(function):
            raise Unsupported(f"the action {name}", f"it is async, and this process runs on {self._library}")
        return function, type_url

    def _profile(self, parameters: Mapping[str, str]) -> bytes:
        name = parameters.get("profile", "").strip().lower()
        if name != "goroutine":
            if not name:
                raise InvalidArgument("profile", name, "which one?", ("goroutine",))
            raise Unsupported(f"the profile {name} of a process whose threads are {self._library}'s", _OUTSIDE)
        from ..profiles.kinds.goroutine import GOROUTINE
        from ..profiles.pprof.encoder import encode
        from ..profiles.pprof.model import Label, Profile, Sample
        from ..profiles.program import program
        from ..profiles.stacks.naming import FunctionNames
        from ..profiles.stacks.table import StackTable

        stacks, names = StackTable(), FunctionNames()
        samples = [
            Sample(stacks.resolve(stacks.walk(frame), names), (1,), (Label("greenlet", label),))
            for label, frame in _greenlets()
        ]
        return encode(
            Profile(
                sample_types=(GOROUTINE,),
                samples=samples,
                default_sample_type=GOROUTINE.type,
                period_type=GOROUTINE,
                period=1,
                time_ns=time.time_ns(),
                program=program(),
            )
        )


def _greenlets() -> Iterator[tuple[str, Any]]:
    """Every greenlet that waits, and where."""
    module: Any = sys.modules["greenlet"]
    for each in gc.get_objects():
        if isinstance(each, module.greenlet) and not each.dead and each.gr_frame is not None:
            yield str(getattr(each, "name", "") or type(each).__name__), each.gr_frame
