"""Ctrl-C while a command runs in a loop: the first one cancels the command, the second one ends the process at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


class Interrupts:
    """The handler of SIGINT while a command runs in ``loop``.

    In place of asyncio's own, whose second one raises KeyboardInterrupt wherever the loop is: the callback under way
    is lost, and the loop, which still ends its tasks, may wait for ever for what that one would have brought.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.asked = False
        self._loop = loop
        self._task: asyncio.Task[Any] | None = None

    def __call__(self, number: int, _: object) -> None:
        """Cancel the command, or end the process when that was asked for before."""
        if self.asked:
            # What Python would clean up could be what hangs.
            os._exit(128 + number)
        self.asked = True
        if self._task is not None:
            self._task.cancel()
        # Wakes a loop that waits for something else.
        self._loop.call_soon_threadsafe(lambda: None)

    async def cancel_at_first(self, command: Coroutine[Any, Any, T]) -> T:
        """What ``command`` returns, which is cancelled at the first Ctrl-C."""
        import asyncio

        self._task = asyncio.current_task()
        if self.asked and self._task is not None:
            # It came before there was a task.
            self._task.cancel()
        return await command


def run_in_loop(command: Coroutine[Any, Any, T]) -> T:
    """Run ``command`` in a loop of its own. Raises asyncio.CancelledError after Ctrl-C.

    In another thread than the main one, and where SIGINT does not have Python's own handler, signals are left alone.
    """
    # Late, here and elsewhere: --help does not need it.
    import asyncio

    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        return asyncio.run(command)
    interrupts: Interrupts | None = None
    try:
        with asyncio.Runner() as runner:
            interrupts = Interrupts(runner.get_loop())
            signal.signal(signal.SIGINT, interrupts)
            # Also while the loop is closed, which waits for threads.
            return runner.run(interrupts.cancel_at_first(command))
    finally:
        asked = interrupts is not None and interrupts.asked
        # The interpreter, too, waits for threads at its end: what is pressed then ends it without a word.
        signal.signal(signal.SIGINT, signal.SIG_DFL if asked else signal.default_int_handler)
