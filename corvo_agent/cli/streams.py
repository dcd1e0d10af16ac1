"""Standard input, output and error of the program: there, and able to write what they are given."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO


def prepare_streams() -> None:
    """Open the null device for each that is missing, as after ``>&-``, and let output escape what it cannot encode.

    What is opened next, such as a connection, would have its number otherwise, and would be what programs that are
    started from here write to. For the main thread, before anything else is opened.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        # The lowest number that is free, which is the one that is missing.
        opened = os.open(os.devnull, os.O_RDWR)
        os.set_inheritable(opened, number == opened)
        setattr(sys, name, os.fdopen(opened, "r" if name == "stdin" else "w", encoding="utf-8"))
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # Log lines hold any character, and a terminal or a locale may know few; standard error does so by itself.
        sys.stdout.reconfigure(errors="backslashreplace")


def leave_streams() -> None:
    """Forget what output and error do not take, as on a full disk.

    The interpreter flushes them at its end: it would complain, and end with a code of its own, 120.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            discard(stream)


def discard(stream: TextIO) -> None:
    """What is still buffered in ``stream``, and all that is written to it later, goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
