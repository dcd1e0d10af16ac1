"""Key strokes of a terminal while something is shown on it, one at a time and without Enter."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import tty
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

# Strokes that wait to be looked at; a cat on the keyboard makes no more.
_MOST = 64


class Keys:
    """The strokes in their order. Ctrl-C stays what it is: an interrupt."""

    def __init__(self) -> None:
        self._pressed: deque[str] = deque(maxlen=_MOST)
        self._moved = asyncio.Event()

    def take(self) -> str:
        """The next stroke, "" when there is none."""
        if not self._pressed:
            self._moved.clear()
            return ""
        return self._pressed.popleft()

    async def pressed(self) -> None:
        """Wait until there is one."""
        await self._moved.wait()

    def _read(self, descriptor: int) -> None:
        text = os.read(descriptor, 4096)
        if not text:
            # The terminal is gone: its signal ends the program.
            asyncio.get_running_loop().remove_reader(descriptor)
        self._pressed.extend(text.decode("utf-8", "ignore"))
        self._moved.set()


@contextmanager
def keys_of_terminal() -> Iterator[Keys]:
    """Read the strokes of standard input, none when that is no terminal; afterwards it is as it was."""
    keys = Keys()
    if not sys.stdin.isatty():
        yield keys
        return
    descriptor, loop = sys.stdin.fileno(), asyncio.get_running_loop()
    before = termios.tcgetattr(descriptor)
    try:
        # Not raw: Ctrl-C and Ctrl-Z go on working.
        tty.setcbreak(descriptor)
        loop.add_reader(descriptor, keys._read, descriptor)
        yield keys
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
