"""Standard input, output and error of a program that was started without them."""

from __future__ import annotations

import os
import sys


def open_missing_streams() -> None:
    """Open the null device for each that is missing, as after ``>&-``.

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
