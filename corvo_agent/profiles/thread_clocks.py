"""How much processor time each thread of this process used, read without touching the thread."""

from __future__ import annotations

import threading
import time


def clock_of(native_id: int) -> int:
    """The clock of a thread's processor time, for ``time.clock_gettime``, by its kernel id.

    Made as the kernel defines it (linux/posix-timers_types.h, CPUCLOCK_PERTHREAD and CPUCLOCK_SCHED; glibc does
    the same). ``time.pthread_getcpuclockid`` crashes on a thread that has just ended, reading this clock is refused.
    """
    return (~native_id << 3) | 4 | 2


class ThreadClocks:
    """Processor time of threads since they were last asked for. Belongs to one thread."""

    def __init__(self) -> None:
        self._clocks: dict[int, tuple[int, int]] = {}
        self._threads: dict[int, threading.Thread] = {}
        self._unknown: set[int] = set()

    def name(self, ident: int) -> str:
        """The name of the thread ``ident``; one that the threading module does not know gets its number."""
        thread = self._threads.get(ident)
        return f"thread-{ident:#x}" if thread is None else thread.name

    def refresh(self) -> None:
        """Look up the threads that there are now; call it after a while for those started without being asked for."""
        self._unknown.clear()
        for thread in threading.enumerate():
            if thread.ident is not None and thread.native_id is not None:
                known = self._threads.get(thread.ident)
                # pthreads uses the idents of ended threads again.
                if known is None or known.native_id != thread.native_id:
                    self._threads[thread.ident] = thread
                    self._clocks[thread.ident] = (clock_of(thread.native_id), 0)

    def used(self, ident: int) -> int:
        """Nanoseconds used by the thread ``ident`` since the last ``settle``; 0 when that cannot be known."""
        found = self._clocks.get(ident)
        if found is None and ident not in self._unknown:
            self.refresh()
            found = self._clocks.get(ident)
            if found is None:
                self._unknown.add(ident)
        if found is None:
            return 0
        try:
            return time.clock_gettime_ns(found[0]) - found[1]
        except OSError:
            # It has ended; its ident may stand for another one already.
            del self._clocks[ident], self._threads[ident]
            return 0

    def settle(self, ident: int, nanoseconds: int) -> None:
        """Count what ``used`` gave: the next one begins there."""
        clock, before = self._clocks[ident]
        self._clocks[ident] = (clock, before + nanoseconds)
