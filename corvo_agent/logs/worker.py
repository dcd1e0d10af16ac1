"""Where files are read: a few threads of our own, in slices, so that neither the loop nor another query waits long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from traceback import clear_frames
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from ..errors import Unavailable
from ..threads import ThreadPool, result_of

P = ParamSpec("P")
T = TypeVar("T")

#: Seconds of work after which a thread is given to the next query that waits for one.
SLICE = 0.02
#: Seconds of work after which a thread lets the loop run, and for how long: somewhat longer than it takes to wake.
STRETCH, REST = 0.001, 0.00005


class Worker:
    """A small pool of ``threads``, each of which calls ``begin`` before all else.

    They start with the first call. ``close`` lets running slices end and never waits for them. A call that is
    cancelled leaves at once; the slice that is running ends on its own in its thread.
    """

    def __init__(self, threads: int = 2, begin: Callable[[], object] | None = None) -> None:
        self._threads = threads
        self._begin = begin
        self._pool = self._new_pool()

    async def __aenter__(self) -> Self:
        self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Take work, again too after ``close``."""
        if self._pool.closed:
            self._pool = self._new_pool()

    def close(self) -> None:
        """Take no more work; idempotent."""
        self._pool.close()

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a function that takes at most a few milliseconds."""
        return await result_of(self._pool.submit(lambda: function(*args, **kwargs)))

    async def drive(self, steps: Generator[None, None, T], between: Callable[[], Awaitable[None]] | None = None) -> T:
        """What the generator ``steps`` returns, run in slices of ``SLICE`` seconds.

        ``between`` is awaited after each slice but the last. Raises what one of them raises, Unavailable when the
        worker is closed meanwhile. The generator is closed before this returns, or, when this is cancelled, as soon as
        its slice has ended.
        """
        while True:
            try:
                future = self._pool.submit(lambda: _run_slice(steps))
            except Unavailable:
                # The generator holds files open, and no thread is left to close it.
                steps.close()
                raise
            try:
                result = await result_of(future)
            except asyncio.CancelledError:
                # The generator may be running at this moment: only its own thread can close it.
                future.add_done_callback(lambda _: steps.close())
                raise
            if result:
                return result[0]
            if between is not None:
                try:
                    await between()
                except BaseException:
                    self.dispatch(steps.close)
                    raise

    def dispatch(self, function: Callable[[], object]) -> None:
        """Run a function that cleans up, without waiting for it; here and now once the worker is closed."""
        try:
            self._pool.submit(function)
        except Unavailable:
            function()

    def _new_pool(self) -> ThreadPool:
        return ThreadPool("the log reader", "corvo-logs", self._threads, self._begin)


class Breath:
    """Lets the loop run now and then while a thread works.

    Left to itself, the interpreter would have the loop wait for five milliseconds, and for as many threads as there
    are.
    """

    def __init__(self) -> None:
        self._next = time.monotonic() + STRETCH

    def take(self) -> None:
        """Rest for a moment, if the last rest was long enough ago."""
        if time.monotonic() >= self._next:
            # Longer than zero: sleep(0) gives the interpreter lock up and mostly takes it back at once.
            time.sleep(REST)
            self._next = time.monotonic() + STRETCH


def _run_slice(steps: Generator[None, None, T]) -> tuple[()] | tuple[T]:
    """One slice; the result in a tuple once there is one."""
    until = time.monotonic() + SLICE
    breath = Breath()
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return (stop.value,)
        except BaseException as error:
            # The error keeps the frames that it came through, and these all that was found.
            clear_frames(error.__traceback__)
            raise
        if time.monotonic() >= until:
            return ()
        breath.take()
