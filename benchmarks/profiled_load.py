"""The loads that are profiled, and how fast they get on whatever else the machine does."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

Load: TypeAlias = Callable[[float], float]

PIECE = 0.05


class OwnTime:
    """Seconds since it was made, without those in which the calling thread was ready and had no processor.

    Those come of what others do on the machine, by far more than of a sampler. What a profiler takes from the thread
    stays in: a tracer that stops it, the interpreter lock in other hands, its own code being slower.
    """

    def __init__(self) -> None:
        self._waited, self._start = waited(), time.perf_counter()

    def seconds(self) -> float:
        """Until now."""
        return time.perf_counter() - self._start - (waited() - self._waited)


def waited() -> float:
    """Seconds for which the calling thread was ready and had no processor, since it began."""
    return int(Path("/proc/thread-self/schedstat").read_text("ascii").split()[1]) / 1e9


class Account:
    """The load: objects, methods, dictionaries and sums, a few microseconds a turn."""

    def __init__(self) -> None:
        self.entries: dict[int, int] = {}

    def book(self, number: int) -> int:
        """One turn."""
        self.entries[number % 64] = self.entries.get(number % 64, 0) + self.weigh(number)
        return sum(self.entries.values()) & 0xFFFF

    def weigh(self, number: int) -> int:
        """Something to call."""
        return sum(digit * digit for digit in (number, number >> 3, number >> 5)) % 97


def work(seconds: float) -> float:
    """Turns of the load per second of its own."""
    account, turns, own = Account(), 0, OwnTime()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for number in range(50):
            account.book(number)
        turns += 50
    return turns / own.seconds()


def allocate(seconds: float) -> float:
    """Turns of a load that mostly allocates, per second of its own."""
    turns, kept, own = 0, [], OwnTime()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for number in range(200):
            kept.append({"number": number, "text": str(number), "list": [number] * 5})
        turns += 200
        if len(kept) > 20_000:
            kept.clear()
    return turns / own.seconds()


def speed(load: Load, seconds: float) -> float:
    """The median speed of short pieces, for so many seconds: a single disturbance does not count."""
    end = time.perf_counter() + seconds
    found: list[float] = []
    while time.perf_counter() < end:
        found.append(load(PIECE))
    return statistics.median(found)
