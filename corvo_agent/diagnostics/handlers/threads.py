"""Blocking functions in threads that nobody has to wait for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

from ...errors import ResourceExhausted

T = TypeVar("T")


class DaemonThreads:
    """At most ``limit`` threads, one for each call.

    The executors of the standard library are waited for when the interpreter ends, so one function that hangs would
    hang the whole process; these threads end with it. A function cannot be cancelled: when its caller is, the
    thread goes on, its result is dropped, and its place stays taken until it ends.
    """

    def __init__(self, what: str, limit: int) -> None:
        self._what = what
        self.limit = limit
        self._running = 0
        self._lock = threading.Lock()

    async def run(self, function: Callable[[], T]) -> T:
        """The result of ``function``, or what it raises; ResourceExhausted when all threads are taken.

        What ends more than the function, such as the SystemExit of an argument parser, becomes a RuntimeError.
        """
        with self._lock:
            if self._running >= self.limit:
                raise ResourceExhausted(self._what, self.limit)
            self._running += 1
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def work() -> None:
            result: T | None = None
            error: BaseException | None = None
            try:
                result = function()
            except BaseException as raised:
                # A StopIteration cannot travel through a future, and a SystemExit would end the whole process there.
                travels = isinstance(raised, Exception) and not isinstance(raised, StopIteration)
                error = raised if travels else RuntimeError(repr(raised))
            with self._lock:
                self._running -= 1
            # The loop may be closed by now: then nobody waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, result, error)

        threading.Thread(target=work, name=self._what, daemon=True).start()
        return await future
