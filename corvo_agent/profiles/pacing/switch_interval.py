"""How soon a thread that wants the interpreter lock gets it, while one samples.

A running thread gives the lock away when another one has wanted it for the switch interval (5 ms), or when it waits
for something. With 5 ms, a sampler beside an event loop whose callbacks take less always comes in while the loop is
in ``select``, and counts there what the callbacks used: measured, 69 % of the time at callbacks of 1 to 2 ms, and 4 %
with an interval of 50 microseconds. One busy thread does not feel the short interval, because no thread but the sampler
wants the lock; several ones would hand it to each other all the time, so for them the interval stays as it is.
"""

from __future__ import annotations

import sys
import threading

from ...forks import when_forked

#: Seconds.
SHORT = 0.00005
# The interpreter cuts it to whole microseconds: without the half, 5 ms would lose one each time they are put back.
_HALF = 0.5e-6


class _Process:
    """The interval of this process, which has one only: short while at least one user wants that, then as before.

    A sampler whose caller has gone away may still be there for a moment when the next one begins.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanting = 0
        self._before = 0.0
        self._set = 0.0

    def want(self) -> None:
        """Make it short; to be followed by ``unwant``."""
        with self._lock:
            self._wanting += 1
            if self._wanting == 1:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(min(SHORT, self._before) + _HALF)
                self._set = sys.getswitchinterval()

    def unwant(self) -> None:
        """Restore it when no other user wants it short."""
        with self._lock:
            self._wanting -= 1
            if not self._wanting:
                self._restore()

    def before_fork(self) -> None:
        """No thread is in the midst of a change when the process forks."""
        self._lock.acquire()

    def in_parent(self) -> None:
        """All goes on."""
        self._lock.release()

    def in_child(self) -> None:
        """None of those who wanted it came along."""
        if self._wanting:
            self._restore()
        self._wanting = 0
        self._lock.release()

    def _restore(self) -> None:
        # What the application has chosen meanwhile stays.
        if sys.getswitchinterval() == self._set:
            sys.setswitchinterval(self._before + _HALF)


_process = _Process()
when_forked(before=_process.before_fork, after_in_parent=_process.in_parent, after_in_child=_process.in_child)


class SwitchInterval:
    """One user of the short interval; as it was after ``with``. Belongs to one thread."""

    def __init__(self) -> None:
        self._short = False

    def __enter__(self) -> SwitchInterval:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.choose(short=False)

    def choose(self, *, short: bool) -> None:
        """Take the short interval, or the one that there was."""
        if short != self._short:
            self._short = short
            if short:
                _process.want()
            else:
                _process.unwant()
