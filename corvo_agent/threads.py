"""Threads beside the event loop: the one home of starting them, and of waiting for what they return.

All of them are daemons. The executors of the standard library are joined when the interpreter ends, so one function
that hangs (a dead file server, a variable of the host) would hang the whole process; these threads end with it. A
function in a thread cannot be cancelled: when its caller is, the thread goes on and its result is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from queue import SimpleQueue
from typing import Any, TypeAlias, TypeVar

from .errors import ResourceExhausted, Unavailable

T = TypeVar("T")

#: What surrounds the moment in which a thread hands over its result.
Delivery: TypeAlias = Callable[[], AbstractContextManager[object]]


def start_thread(function: Callable[[], T], name: str, delivery: Delivery = nullcontext) -> Future[T]:
    """Run ``function`` in a new thread; a future for its result. The result is handed over inside ``delivery()``."""
    future: Future[T] = Future()
    threading.Thread(target=_settle, args=(future, function, delivery), name=name, daemon=True).start()
    return future


async def result_of(future: Future[T]) -> T:
    """Wait for the result of a thread, or raise what it raised. Cancelled, it leaves at once.

    What ends more than the function, such as the SystemExit of an argument parser, is raised as RuntimeError. A loop
    that is closed before the thread ends hears of nothing.
    """
    loop = asyncio.get_running_loop()
    settled: asyncio.Future[None] = loop.create_future()

    def wake(_: Future[T]) -> None:
        # The loop may be closed by now: then nothing waits for the result.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_set, settled)

    future.add_done_callback(wake)
    try:
        await settled
    except asyncio.CancelledError:
        future.cancel()  # of use only while it has not begun
        raise
    return future.result()


async def in_thread(function: Callable[[], T], name: str) -> T:
    """The result of ``function``, run in a new thread, or what it raises: see ``result_of``."""
    return await result_of(start_thread(function, name))


class DaemonThreads:
    """At most ``limit`` threads, a new one for each call: for functions that may hang.

    A call when all are taken is refused, not queued: behind functions that hang it would wait for ever. The place of
    a call that was cancelled stays taken until its function ends.
    """

    def __init__(self, what: str, limit: int) -> None:
        self._what = what
        self.limit = limit
        self._running = 0
        self._lock = threading.Lock()

    async def run(self, function: Callable[[], T]) -> T:
        """The result of ``function``, or what it raises; ResourceExhausted when all threads are taken."""
        with self._lock:
            if self._running >= self.limit:
                raise ResourceExhausted(self._what, self.limit)
            self._running += 1

        def work() -> T:
            try:
                return function()
            finally:
                with self._lock:
                    self._running -= 1

        return await in_thread(work, self._what)


class ThreadPool:
    """At most ``limit`` threads that take functions from one queue, in order: for short work in large numbers.

    A thread starts when there is work and none is idle. They end after ``close``, or when the pool is dropped. The
    queue holds a function for each caller that waits, so it is bounded by what bounds those. ``what`` names the pool
    in errors, ``name`` its threads. Each thread calls ``begin`` first, which must not raise.
    """

    def __init__(self, what: str, name: str, limit: int, begin: Callable[[], object] | None = None) -> None:
        self._what = what
        self._name = name
        self._limit = limit
        self._begin = begin
        self._lock = threading.Lock()
        self._started = 0
        self._idle = threading.Semaphore(0)
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        # Threads know the queue but not the pool: they must not keep it alive.
        self._end = weakref.finalize(self, self._jobs.put, None)
        self._end.atexit = False

    @property
    def closed(self) -> bool:
        """Whether it takes no more work."""
        return not self._end.alive

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Queue ``function``; a future for its result. Raises Unavailable after ``close``."""
        future: Future[T] = Future()
        with self._lock:
            if self.closed:
                raise Unavailable(self._what, "it is closed")
            self._jobs.put((future, function))
            if not self._idle.acquire(blocking=False) and self._started < self._limit:
                name = f"{self._name}_{self._started}"
                self._started += 1
                arguments = (self._jobs, self._idle, self._begin)
                threading.Thread(target=_serve, args=arguments, name=name, daemon=True).start()
        return future

    def close(self) -> None:
        """Take no more work; what is queued is still done. Idempotent, does not wait."""
        with self._lock:
            self._end()


_Job: TypeAlias = tuple[Future[Any], Callable[[], Any]]


def _serve(jobs: SimpleQueue[_Job | None], idle: threading.Semaphore, begin: Callable[[], object] | None) -> None:
    if begin is not None:
        begin()
    while (job := jobs.get()) is not None:
        _settle(*job)
        # Not kept until the next one comes: it may hold a whole answer.
        del job
        idle.release()
    # One end stands in the queue for all threads.
    jobs.put(None)


def _settle(future: Future[T], function: Callable[[], T], delivery: Delivery = nullcontext) -> None:
    """Run ``function`` and put what comes of it into ``future``; nothing when that was cancelled before."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = function()
    except BaseException as raised:
        # A StopIteration cannot travel through a future, and a SystemExit would end the host where it arrives.
        travels = isinstance(raised, Exception) and not isinstance(raised, StopIteration)
        with delivery():
            future.set_exception(raised if travels else RuntimeError(repr(raised)))
    else:
        with delivery():
            future.set_result(result)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
