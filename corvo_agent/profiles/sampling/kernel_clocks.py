"""How much processor time each thread of a process used, by the kernel's own clocks: what looks are scaled by.

A sampler from outside sees threads that are ready to run, whether they have a processor or wait for one. The kernel
knows which: ``/proc/PID/task/TID/schedstat`` tells nanoseconds on a processor and nanoseconds of waiting for one, being
held back by a quota included (Linux, Documentation/scheduler/sched-stats.rst); without it ``stat`` tells hundredths of
a second.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

_TICK_NS = 10**9 // os.sysconf("SC_CLK_TCK")
# Reading a thread's clock takes 5 to 10 us: so this is a thousandth of one processor.
_READS_PER_SECOND = 100
# Longer than anything that is read.
_MOST_TEXT = 8192
_LEAST_WAIT = 0.01


class ThreadUse(NamedTuple):
    """Nanoseconds that a thread was on a processor, and that it waited for one; its name by the kernel.

    ``slept`` is how often it gave the processor up by itself, and waited for it once it was woken, ``displaced`` how
    often it lost it to others and waited in the middle of its work; both 0 where that is not known.
    """

    name: str
    used: int
    waited: int
    slept: int = 0
    displaced: int = 0


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """What a process used in a time. ``threads`` are by their numbers in our pid namespace.

    ``inner`` leads from the numbers that the process itself knows, those of its own namespace, to these; ``nested``
    says that they differ. ``used`` is that of all threads, ended ones included. ``exact`` is False where the kernel
    told ticks only, and waiting then is not known. ``seconds`` lie between the first and the last reading.
    """

    threads: Mapping[int, ThreadUse] = field(default_factory=dict)
    inner: Mapping[int, int] = field(default_factory=dict)
    used: int = 0
    exact: bool = True
    nested: bool = False
    seconds: float = 0.0

    @property
    def waited(self) -> int:
        """Nanoseconds that its threads waited for a processor."""
        return sum(each.waited for each in self.threads.values())


class _Thread:
    """The clocks of one thread: when it was first seen, and when last."""

    __slots__ = ("first", "last", "name", "switches")

    def __init__(self, name: str, first: tuple[int, int], switches: tuple[int, int]) -> None:
        self.name = name
        self.first = first
        self.last = first
        self.switches = switches

    def use(self, switches: tuple[int, int] = (0, 0)) -> ThreadUse:
        used, waited = (max(last - first, 0) for first, last in zip(self.first, self.last, strict=True))
        # Of a thread that has ended there are none any more.
        slept, displaced = (max(last - first, 0) for first, last in zip(self.switches, switches, strict=True))
        return ThreadUse(self.name, used, waited, slept, displaced)


class KernelClocks:
    """The clocks of the process ``pid`` from when this is made. Reads from /proc, which answers from memory."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._folder = f"/proc/{pid}/task"
        self._exact = _has_schedstat()
        self._threads: dict[int, _Thread] = {}
        self._inner: dict[int, int] = {}
        self._nested = len(namespace_ids(f"/proc/{pid}/status")) > 1
        self._began = self._now = _process_clock(pid)
        self._next = 0.0
        #: When it was read first: nanoseconds since 1970.
        self.time_ns = time.time_ns()
        self._first = self._last = time.monotonic()
        self._read(new=False)

    def poll(self) -> None:
        """Read again, so that of a thread that ends little is lost; does nothing when that would cost too much."""
        if time.monotonic() >= self._next:
            self._read(new=True)

    def use(self) -> ProcessUse:
        """What was used since the beginning; of a process that has ended meanwhile, until the last poll."""
        self._read(new=True)
        threads = {tid: thread.use(self._switches(tid)) for tid, thread in self._threads.items()}
        total = None if self._began is None or self._now is None else self._now - self._began
        return ProcessUse(
            threads=threads,
            inner=dict(self._inner) if self._nested else {tid: tid for tid in threads},
            used=sum(each.used for each in threads.values()) if total is None else total,
            exact=self._exact,
            nested=self._nested,
            seconds=self._last - self._first,
        )

    def _read(self, *, new: bool) -> None:
        """``new``: threads not known yet have begun meanwhile, so all that they used counts."""
        try:
            numbers = [int(name) for name in os.listdir(self._folder)]
        except OSError:  # it has ended
            return
        self._last = time.monotonic()
        self._now = _process_clock(self._pid) or self._now
        for tid in numbers:
            clock = self._clock(tid)
            if clock is None:
                continue
            known = self._threads.get(tid)
            if known is None:
                self._add(tid, (0, 0) if new else clock)
                known = self._threads[tid]
            known.last = clock
        self._next = time.monotonic() + len(numbers) / _READS_PER_SECOND

    def _add(self, tid: int, first: tuple[int, int]) -> None:
        switches = self._switches(tid) if first != (0, 0) else (0, 0)
        self._threads[tid] = _Thread(_text(f"{self._folder}/{tid}/comm").strip(), first, switches)
        if self._nested and (ids := namespace_ids(f"{self._folder}/{tid}/status")):
            self._inner[ids[-1]] = tid

    def _switches(self, tid: int) -> tuple[int, int]:
        found = dict(
            line.split(":", 1) for line in _text(f"{self._folder}/{tid}/status").splitlines() if "_ctxt_" in line
        )
        return int(found.get("voluntary_ctxt_switches", 0)), int(found.get("nonvoluntary_ctxt_switches", 0))

    def _clock(self, tid: int) -> tuple[int, int] | None:
        if self._exact:
            fields = _text(f"{self._folder}/{tid}/schedstat").split()
            return (int(fields[0]), int(fields[1])) if fields else None
        # The user's and the system's time are the 14th and 15th of all fields.
        fields = _stat_fields(f"{self._folder}/{tid}/stat")
        return ((int(fields[11]) + int(fields[12])) * _TICK_NS, 0) if fields else None


def waiting(waited: int, duration_ns: int) -> tuple[str, ...]:
    """What an answer has to say when threads waited so long for a processor, in all; nothing of a hundredth or less."""
    if waited <= duration_ns * _LEAST_WAIT:
        return ()
    return (f"threads waited {waited / 1e9:.2f} s for a processor, held back by a quota or by others",)


class Delays(NamedTuple):
    """Nanoseconds that a thread waited for a processor, and how often it was given one; zeros where that is unknown."""

    waited: int
    turns: int


def delays(pid: int) -> Delays:
    """Those of the thread of a process that has used most, since it began."""
    with contextlib.suppress(OSError):
        texts = [_text(f"/proc/{pid}/task/{tid}/schedstat") for tid in os.listdir(f"/proc/{pid}/task")]
        _, waited, turns = max((tuple(map(int, text.split())) for text in texts if text), default=(0, 0, 0))
        return Delays(waited, turns)
    return Delays(0, 0)


def runs(pid: int | str, tid: int) -> bool | None:
    """Whether the kernel says that a thread runs or is ready to; None when there is no such thread."""
    state = _stat_fields(f"/proc/{pid}/task/{tid}/stat")
    return state[0] == "R" if state else None


def _stat_fields(path: str) -> list[str]:
    stat = _text(path)
    # The second field may hold anything (proc(5)), so those behind it: the first of these is the state.
    return stat[stat.rfind(")") + 2 :].split()


def _has_schedstat() -> bool:
    # A kernel that keeps no such statistics has no file, or one of zeros: this thread has run for a while.
    fields = _text("/proc/self/schedstat").split()
    return bool(fields) and int(fields[0]) > 0


def _process_clock(pid: int) -> int | None:
    """Processor time of all threads of a process, also of those that have ended. None when it has itself."""
    with contextlib.suppress(OSError):
        # The clock of another process as the kernel defines it (linux/posix-timers_types.h, CPUCLOCK_SCHED).
        return time.clock_gettime_ns((~pid << 3) | 2)
    return None


def namespace_ids(path: str) -> list[int]:
    """The numbers of a process or thread, from our pid namespace to its own."""
    for line in _text(path).splitlines():
        if line.startswith("NSpid:"):
            return [int(each) for each in line.split()[1:]]
    return []


def _text(path: str) -> str:
    # Not through a file object, which takes three times as long: this is done for each thread again and again.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(descriptor, _MOST_TEXT).decode(errors="replace")
    except OSError:  # the thread has ended since
        return ""
    finally:
        os.close(descriptor)
