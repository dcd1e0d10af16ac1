"""Writing to an output that may block: a pipe whose reader has stopped, a terminal that was paused."""

from __future__ import annotations

import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..interrupts import Interrupts
from ..streams import discard


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C ends what is done inside at once, and then has its usual effect on the command.

    That is cancelled by it, which does not happen before a write, or a question, that blocks has returned.
    What was not written yet, and all that is written later, goes nowhere: it would hold up the end as well.
    """
    handler = signal.getsignal(signal.SIGINT)
    # Only the main thread has signals; the handler of a program that embeds the command is left alone.
    if threading.current_thread() is not threading.main_thread() or not isinstance(handler, Interrupts):
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        discard(sys.stdout)
        signal.signal(signal.SIGINT, handler)
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, handler)


def has_room() -> bool:
    """Whether standard output takes some more without blocking."""
    try:
        _, writable, _ = select.select([], [sys.stdout.fileno()], [], 0)
    except (OSError, ValueError):  # an output that is no file
        return True
    return bool(writable)
