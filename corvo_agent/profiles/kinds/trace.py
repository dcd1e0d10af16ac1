"""The kind ``trace``: what a loop did for N seconds, as Chrome trace JSON (chrome://tracing, Perfetto).

Format: "Trace Event Format" of the Chromium project, complete events (``ph`` X) in microseconds. Every callback and
every step of a task that asyncio runs goes through ``Handle._run``, each turn of its loops through ``_run_once``; both
are wrapped for the time of the trace and cost a microsecond or two more then. Loops that are not asyncio's own
(uvloop) have neither: of them only the pauses of the garbage collector are seen, and the answer says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import threading
import time
from asyncio import AbstractEventLoop, Handle, Task
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import orjson

from ..kind import ProfileRequest
from ..pacing.exclusive import TRACES
from ..pacing.loops import Loops
from ..pacing.pace import Pace, off_loop

DEFAULT_SECONDS = 1.0
#: Events in one trace; later ones are counted only.
MAX_EVENTS = 200_000
_AT_ONCE = 512


class Span(NamedTuple):
    """Something that took time in a thread; times are of ``time.perf_counter_ns``."""

    name: str
    category: str
    thread: int
    start_ns: int
    end_ns: int


class TraceRecorder:
    """Collects spans while it is open. The wrappers are process-wide, so only one is open at a time."""

    def __init__(self, loops: Loops) -> None:
        self._threads = {watched.loop: watched.thread for watched in loops}
        self._collecting: dict[int, int] = {}
        self.spans: list[Span] = []
        self.dropped = 0
        #: What is to know about the recording.
        self.notes: list[str] = []

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Record inside ``with``; call it in the thread of the loops."""
        with contextlib.ExitStack() as stack:
            gc.callbacks.append(self._garbage)
            stack.callback(gc.callbacks.remove, self._garbage)
            self._wrap_callbacks(stack)
            for loop in self._threads:
                self._wrap_turns(stack, loop)
            yield

    def _add(self, name: str, category: str, thread: int, start_ns: int) -> None:
        # A busy loop makes a million events in seconds; the beginning is kept, because the rest looks the same.
        if len(self.spans) < MAX_EVENTS:
            self.spans.append(Span(name, category, thread, start_ns, time.perf_counter_ns()))
        else:
            self.dropped += 1

    def _garbage(self, phase: str, info: dict[str, int]) -> None:
        thread = threading.get_ident()
        if phase == "start":
            self._collecting[thread] = time.perf_counter_ns()
        # A collection that had begun before the recording has no start.
        elif thread in self._collecting:
            self._add(f"gc generation {info['generation']}", "gc", thread, self._collecting.pop(thread))

    def _wrap_callbacks(self, stack: contextlib.ExitStack) -> None:
        run = Handle._run

        def traced(handle: Handle) -> Any:
            thread = self._threads.get(handle._loop)  # type: ignore[attr-defined]
            # A handle of a loop that is not recorded, in another thread perhaps.
            if thread is None:
                return run(handle)
            callback = handle._callback  # type: ignore[attr-defined]
            start = time.perf_counter_ns()
            try:
                return run(handle)
            finally:
                self._add(*_describe(callback), thread, start)

        Handle._run = traced  # type: ignore[method-assign, assignment]
        stack.callback(setattr, Handle, "_run", run)

    def _wrap_turns(self, stack: contextlib.ExitStack, loop: AbstractEventLoop) -> None:
        turn: Callable[[], None] | None = getattr(loop, "_run_once", None)
        # A loop that is not asyncio's own, such as uvloop's, has no such method.
        if turn is None:
            kind = f"{type(loop).__module__}.{type(loop).__qualname__}"
            self.notes.append(
                f"the event loop of thread {self._threads[loop]} is {kind}, not asyncio's own:"
                " of it only garbage collections are seen; the profile block tells what held it"
            )
            return
        thread = self._threads[loop]

        def traced() -> None:
            start = time.perf_counter_ns()
            try:
                turn()
            finally:
                self._add("turn of the loop, waiting included", "loop", thread, start)

        loop._run_once = traced  # type: ignore[attr-defined]
        stack.callback(delattr, loop, "_run_once")


def _describe(callback: Any) -> tuple[str, str]:
    """Name and category: the task that a step belongs to, else the function."""
    try:
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, Task):
            return f"{owner.get_name()} {getattr(owner.get_coro(), '__qualname__', '')}".rstrip(), "task"
        return str(getattr(callback, "__qualname__", type(callback).__name__)), "callback"
    except Exception:
        # Attributes of an application's callable may raise anything; that must not end the loop that is traced.
        return type(callback).__name__, "callback"


class TraceKind:
    """Turns of the loop, steps of tasks, callbacks and garbage collections, for ``seconds`` (1 unless given).

    The answer is JSON of the Trace Event Format, which Perfetto and chrome://tracing read.
    """

    name = "trace"
    parameters = ("seconds",)
    default_seconds: float | None = DEFAULT_SECONDS

    def __init__(self, loops: Loops) -> None:
        self._loops = loops

    async def take(self, request: ProfileRequest) -> bytes:
        """Chrome trace JSON. Raises ResourceExhausted while another trace runs."""
        self._loops.watch_running()
        recorder = TraceRecorder(self._loops)
        async with TRACES.held(request.patience):
            with recorder.recording():
                await asyncio.sleep(DEFAULT_SECONDS if request.seconds is None else request.seconds)
        return await off_loop(lambda pace: _encode(recorder, os.getpid(), pace))


def _encode(recorder: TraceRecorder, pid: int, pace: Pace) -> bytes:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    events: list[Any] = [
        {"ph": "M", "name": "thread_name", "pid": pid, "tid": thread, "args": {"name": names.get(thread, "")}}
        for thread in {span.thread for span in recorder.spans}
    ]
    events += recorder.spans
    pieces: list[bytes] = []
    for position in range(0, len(events), _AT_ONCE):
        pace.breathe()
        # Each list without its brackets: one call for all would keep the interpreter lock for long.
        pieces.append(orjson.dumps([_event(each, pid) for each in events[position : position + _AT_ONCE]])[1:-1])
    about = orjson.dumps({"dropped_events": recorder.dropped, "notes": recorder.notes})
    return b'{"displayTimeUnit":"ms","otherData":%b,"traceEvents":[%b]}' % (about, b",".join(pieces))


def _event(event: Any, pid: int) -> dict[str, Any]:
    if not isinstance(event, Span):
        return dict(event)
    return {
        "ph": "X",
        "name": event.name,
        "cat": event.category,
        "pid": pid,
        "tid": event.thread,
        "ts": event.start_ns / 1000,
        "dur": (event.end_ns - event.start_ns) / 1000,
    }
