"""Answers what a hub asks of this process: Stats, Profile and Action, on an event loop in a thread of its own.

Imported at the first question: until then a process carries none of what measuring needs.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import inspect
import threading
from collections.abc import Callable, Coroutine, Mapping
from itertools import chain
from typing import Any

from ..diagnostics.handlers.action import ActionHandler
from ..diagnostics.handlers.profile import ProfileHandler
from ..diagnostics.handlers.stats import StatsHandler
from ..diagnostics.messages.payloads import payload_of
from ..diagnostics.query import DebugQuery
from ..diagnostics.registry import HandlerRegistry
from ..errors import ResourceExhausted
from ..framing import pack_error
from ..profiles.kinds.local import local_kinds
from ..profiles.pacing.running_loops import watch_host_loops
from ..profiles.recording.recorders import Recorders
from ..stats.expvar import ExpvarRegistry
from ..stats.runtime import RuntimeStats
from ..threads import start_thread
from .questions import Answered

#: Questions that are answered at once.
MAX_QUESTIONS = 32


class Answers:
    """Answers questions about ``process`` from the first one until it is dropped with its process.

    Its methods are for any thread and do not wait.
    """

    def __init__(self, process: Answered) -> None:
        self._process = process
        # The one that asks is the link's; it is shown by this name from now on.
        threading.current_thread().name = "corvo-link"
        self._recorders = Recorders()
        self._runtime = RuntimeStats()
        self._actions = ActionHandler()
        self._registry = HandlerRegistry()
        self._registry.register("Stats", _Stats(process.variables(), self._runtime))
        self._registry.register("Profile", ProfileHandler(local_kinds(self._recorders)))
        self._registry.register("Action", self._actions)
        for name, (function, type_url) in process.actions.items():
            self.register_action(name, function, type_url)
        # Those that are answered now, by the numbers that the hub gave them; of the loop's thread.
        self._asked: dict[int, asyncio.Task[None]] = {}
        # The loop that counts as the host's; None while none runs.
        self._host: asyncio.AbstractEventLoop | None = None
        self._loop = asyncio.new_event_loop()
        self._ended = start_thread(self._run, "corvo-answers")

    def ask(self, number: int, query: str, parameters: Mapping[str, str], timeout: float | None) -> None:
        """Answer it, under ``number``."""
        self._loop.call_soon_threadsafe(self._begin, number, DebugQuery(query, parameters, timeout=timeout))

    def cancel(self, number: int) -> None:
        """The hub waits for that answer no longer."""
        self._loop.call_soon_threadsafe(self._cancel, number)

    def cancel_all(self) -> None:
        """It waits for none."""
        self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._asked.values()])

    def close(self, timeout: float) -> None:
        """End what measures and records, and the thread; waits at most ``timeout`` seconds for that."""
        with contextlib.suppress(RuntimeError):
            # It is closed already.
            self._loop.call_soon_threadsafe(self._loop.stop)
        concurrent.futures.wait((self._ended,), timeout)

    def enable_trace(self, on: bool, /) -> None:
        """Switch on, or off, what records all the time."""
        self._loop.call_soon_threadsafe(self._enable_trace, on)

    def register_action(self, name: str, function: Callable[..., Any], type_url: str) -> None:
        """Let it be asked for; an async function runs on the host's loop, where it has one."""
        called = self._on_host_loop(function) if inspect.iscoroutinefunction(function) else function
        self._actions.register_action(name, called, type_url=type_url)

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_forever()
            self._loop.run_until_complete(self._end())

    async def _end(self) -> None:
        asked = tuple(self._asked.values())
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        self._recorders.enable(False)
        await self._registry.aclose()
        host = self._host
        if host is not None and host.is_running():
            with contextlib.suppress(RuntimeError):
                # The heart beats on that loop, and would go on if it were stopped amid a beat.
                host.call_soon_threadsafe(self._runtime.stop)
                return
        self._runtime.stop()

    def _begin(self, number: int, query: DebugQuery) -> None:
        if len(self._asked) >= MAX_QUESTIONS:
            error = ResourceExhausted("questions to a process at once", MAX_QUESTIONS)
            self._process.send({"t": "answer", "id": number, "error": pack_error(error)})
            return
        task = self._loop.create_task(self._answer(number, query), name=f"corvo-{query.query}")
        self._asked[number] = task
        task.add_done_callback(lambda _: self._asked.pop(number, None))

    def _cancel(self, number: int) -> None:
        task = self._asked.get(number)
        if task is not None:
            task.cancel()

    async def _answer(self, number: int, query: DebugQuery) -> None:
        try:
            self._look_for_loops()
            async with self._registry.lookup(query.query).use() as handler:
                payload = payload_of(await handler.handle(query))
        except (Exception, SystemExit) as error:
            # SystemExit too: what an action calls may want to exit, and that must not be the host.
            self._process.send({"t": "answer", "id": number, "error": pack_error(error)})
        else:
            self._process.send({"t": "answer", "id": number, "type_url": payload.type_url}, payload.value)

    def _look_for_loops(self) -> None:
        for loop, thread in self._process.loops:
            self._recorders.loops.watch(loop, thread)
        found = watch_host_loops(self._recorders.loops, self._loop)
        named = (loop for loop, _ in self._process.loops if not loop.is_closed())
        self._host = next(chain(named, (each.loop for each in found)), None)
        if self._host is not None:
            self._runtime.measure(self._host)

    def _enable_trace(self, on: bool) -> None:
        self._look_for_loops()
        self._recorders.enable(on)

    def _on_host_loop(self, function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def on_host_loop(*arguments: Any) -> Any:
            host = self._host
            if host is None or not host.is_running():
                return await function(*arguments)
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(function(*arguments), host))

        return on_host_loop


class _Stats(StatsHandler):
    """Statistics whose loop is the host's: this one's is of no interest."""

    def __init__(self, registry: ExpvarRegistry, runtime: RuntimeStats) -> None:
        super().__init__(registry, runtime=runtime)

    async def start(self) -> None:
        """Nothing is measured before the host's loop is known."""

    async def stop(self) -> None:
        """It is ended where it is measured."""
