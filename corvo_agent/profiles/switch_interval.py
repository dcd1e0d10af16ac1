"""How soon a thread that wants the interpreter lock gets it, while one samples.

A running thread gives the lock away when another one has wanted it for the switch interval (5 ms), or when it waits
for something. With 5 ms, a sampler beside an event loop whose callbacks take less always comes in while the loop is
in ``select``, and counts there what the callbacks used: measured, 69 % of the time at callbacks of 1 to 2 ms, and 4 %
with an interval of 50 microseconds. One busy thread does not feel the short interval, because nobody but the sampler
wants the lock; several ones would hand it to each other all the time, so for them the interval stays as it is.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator

#: Seconds.
SHORT = 0.00005
_SLACK = 0.001


class SwitchInterval:
    """The interval of this process; as it was after ``with``. Only one is open at a time."""

    def __init__(self) -> None:
        self._before = 0.0
        self._short = False

    def __enter__(self) -> SwitchInterval:
        global _open
        self._before = sys.getswitchinterval()
        _open = self
        return self

    def __exit__(self, *exc_info: object) -> None:
        global _open
        _open = None
        self.choose(short=False)

    def choose(self, *, short: bool) -> None:
        """Take the short interval, or the one that there was."""
        if short != self._short:
            self._short = short
            _set(min(SHORT, self._before) if short else self._before)


def _set(seconds: float) -> None:
    # It is cut to whole microseconds: without the half, 5 ms would lose one each time they are put back.
    sys.setswitchinterval(seconds + 0.5e-6)


@contextlib.contextmanager
def undisturbed(seconds: float) -> Iterator[None]:
    """No other thread asks for the interpreter lock inside ``with``, for so long: what neither waits nor reads runs at
    one go. Others may have run in between before that. Entering takes some ten milliseconds."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        # Those that wait already have the old interval in mind: they get the lock now, or ask anew.
        time.sleep(before + _SLACK)
        yield
    finally:
        sys.setswitchinterval(before)


_open: SwitchInterval | None = None


def _restore_in_child() -> None:
    # The sampler did not come along, so nobody else would.
    if _open is not None:
        _open.choose(short=False)


os.register_at_fork(after_in_child=_restore_in_child)
