"""Signals of programs that stay: the first asks to end, the second ends, SIGHUP asks to read the configuration."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

_END = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def end_signals(ask: Callable[[], object]) -> Iterator[None]:
    """Call ``ask`` at the first SIGTERM or SIGINT; at the second one the process ends on the spot."""
    loop = asyncio.get_running_loop()
    asked = False

    def handle(number: int) -> None:
        nonlocal asked
        if asked:
            # What Python would clean up could be what hangs.
            os._exit(128 + number)
        asked = True
        ask()

    for number in _END:
        loop.add_signal_handler(number, handle, number)
    try:
        yield
    finally:
        for number in _END:
            loop.remove_signal_handler(number)


@contextmanager
def reload_signal(ask: Callable[[], object]) -> Iterator[None]:
    """Call ``ask`` at each SIGHUP."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, ask)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


async def run_until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` until it ends or a signal asks to: then it is cancelled, and this returns. Raises what it raises."""
    task = asyncio.ensure_future(work)
    with end_signals(task.cancel):
        await asyncio.wait({task})
    if not task.cancelled():
        task.result()
