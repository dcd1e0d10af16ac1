"""How much processor time each thread of this process used, read without touching the thread."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple


def clock_of(native_id: int) -> int:
    """The clock of a thread's processor time, for ``time.clock_gettime``, by its kernel id.

    Made as the kernel defines it (linux/posix-timers_types.h, CPUCLOCK_PERTHREAD and CPUCLOCK_SCHED; glibc does
    the same). ``time.pthread_getcpuclockid`` crashes on a thread that has just ended, reading this clock is refused.
    """
    return (~native_id << 3) | 4 | 2


class Used(NamedTuple):
    """Processor time of one thread, in nanoseconds."""

    ident: int
    nanoseconds: int


class _Clock:
    __slots__ = ("clock", "name", "native_id", "taken")

    def __init__(self, native_id: int, name: str) -> None:
        self.native_id = native_id
        self.name = name
        self.clock = clock_of(native_id)
        self.taken = 0


class ThreadClocks:
    """Processor time of threads since it was last taken. Belongs to one thread."""

    def __init__(self) -> None:
        self._clocks: dict[int, _Clock] = {}
        # Of threads that have ended: the last one that had the ident.
        self._ended: dict[int, str] = {}
        self._unknown: set[int] = set()

    def name(self, ident: int) -> str:
        """The name of the thread ``ident``; one that the threading module does not know gets its number."""
        found = self._clocks.get(ident)
        return found.name if found is not None else self._ended.get(ident, f"thread-{ident:#x}")

    def identity(self, ident: int) -> tuple[str, int]:
        """The name of the thread ``ident``, and its number by the kernel, 0 when that is not known."""
        found = self._clocks.get(ident)
        return (self.name(ident), 0) if found is None else (found.name, found.native_id)

    def refresh(self) -> None:
        """Look up the threads that there are now."""
        self._unknown.clear()
        for thread in threading.enumerate():
            if thread.ident is not None and thread.native_id is not None:
                known = self._clocks.get(thread.ident)
                # pthreads uses the idents of ended threads again.
                if known is None or known.native_id != thread.native_id:
                    self._clocks[thread.ident] = _Clock(thread.native_id, thread.name)

    def take(self, ident: int) -> int:
        """Nanoseconds used by the thread ``ident`` since they were last taken; 0 when that cannot be known."""
        found = self._clocks.get(ident)
        # A thread that the threading module does not know would be looked up at each look otherwise.
        if found is None and ident not in self._unknown:
            self.refresh()
            found = self._clocks.get(ident)
            if found is None:
                self._unknown.add(ident)
        if found is None:
            return 0
        used = self._used(ident, found)
        found.taken += used
        return used

    def take_all(self, least: int) -> list[Used]:
        """The threads that have used at least ``least`` nanoseconds; less stays for the next time.

        Knows the threads of the last ``refresh``.
        """
        found: list[Used] = []
        for ident, clock in list(self._clocks.items()):
            used = self._used(ident, clock)
            if used >= least:
                clock.taken += used
                found.append(Used(ident, used))
        return found

    def _used(self, ident: int, clock: _Clock) -> int:
        try:
            return time.clock_gettime_ns(clock.clock) - clock.taken
        except OSError:
            # It has ended; its ident may stand for another one already.
            self._ended[ident] = clock.name
            self._clocks.pop(ident, None)
            return 0
