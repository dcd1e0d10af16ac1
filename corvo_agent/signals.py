"""Signals of programs that stay: one asks them to end, a second one ends them, SIGHUP asks to read the settings."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any


@contextmanager
def end_signals(ask: Callable[[], object], *, reload: Callable[[], object] | None = None) -> Iterator[None]:
    """Call ``ask`` at the first SIGTERM, SIGINT or SIGHUP; at the second one the process ends on the spot.

    With ``reload`` each SIGHUP calls that instead. A SIGHUP that the process was started to ignore, as ``nohup`` does,
    stays ignored. Belongs into the main thread, inside a running loop.
    """
    asked = False

    def handle(number: int) -> None:
        nonlocal asked
        if asked:
            # What Python would clean up could be what hangs.
            os._exit(128 + number)
        asked = True
        ask()

    with ExitStack() as handled:
        for number in (signal.SIGTERM, signal.SIGINT):
            _handle(handled, number, handle, number)
        if reload is not None:
            _handle(handled, signal.SIGHUP, reload)
        elif signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            _handle(handled, signal.SIGHUP, handle, signal.SIGHUP)
        yield


async def run_until_signal(work: Coroutine[Any, Any, None], *, reload: Callable[[], object] | None = None) -> None:
    """Run ``work`` until it ends or a signal asks to: then it is cancelled, and this returns. Raises what it raises.

    ``reload`` is for SIGHUP, see ``end_signals``.

    Cancelled itself, it cancels ``work`` and waits for its end.
    """
    task = asyncio.ensure_future(work)
    with end_signals(task.cancel, reload=reload):
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
    if not task.cancelled():
        task.result()


def _handle(stack: ExitStack, number: signal.Signals, handler: Callable[..., object], *arguments: object) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(number, handler, *arguments)
    stack.callback(loop.remove_signal_handler, number)
