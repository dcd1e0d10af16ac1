"""How long something takes: count, mean, spread and percentiles, in bounded memory."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

# Each power of two is cut into this many buckets of equal width; a percentile is the middle of one.
_PARTS = 32
#: The largest error of a percentile, in relation to the value.
RELATIVE_ERROR = 1 / (2 * _PARTS)
# What is told apart, in milliseconds: a nanosecond to 34 years. At most 1954 buckets.
_SHORTEST, _LONGEST = 2.0**-20, 2.0**40
# The bucket of what is shorter; below that of the shortest.
_ZERO = -20 * _PARTS
_PERCENTILES = {
    "Perctl10": 10.0,
    "Perctl50": 50.0,
    "Perctl75": 75.0,
    "Perctl90": 90.0,
    "Perctl99": 99.0,
    "Perctl99_99": 99.99,
}


@dataclass(frozen=True, slots=True)
class HistogramSummary:
    """What a Histogram has seen; times are milliseconds, ``percentiles`` by the names of the contract."""

    count: int
    minimum: float
    maximum: float
    mean: float
    deviation: float
    percentiles: dict[str, float]

    def as_json(self) -> dict[str, float]:
        """The keys of the contract, rounded to microseconds."""
        values = {"MinMs": self.minimum, "MaxMs": self.maximum, "MeanMs": self.mean, "StdDev": self.deviation}
        return {"Count": self.count, **{name: round(each, 3) for name, each in {**values, **self.percentiles}.items()}}


class Histogram:
    """Durations by size: percentiles are at most ``RELATIVE_ERROR`` off, everything else is exact.

    Safe to use from many threads, from finalizers and from callbacks of the garbage collector: ``observe`` never
    waits. A duration that is observed while another thread holds the lock is queued, and counted by the next call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: deque[float] = deque()
        # Everything below is read and changed under the lock only.
        self._buckets: dict[int, int] = {}
        self._count = 0
        self._minimum = math.inf
        self._maximum = 0.0
        self._mean = 0.0
        # Sum of squared distances from the mean, kept up to date by Welford's method.
        self._squares = 0.0

    def __repr__(self) -> str:
        return f"<Histogram of {self._count}>"

    def observe(self, seconds: float) -> None:
        """Count one duration; below 0 it counts as 0, above 34 years as that, and NaN not at all."""
        value = seconds * 1000.0
        if not 0.0 <= value <= _LONGEST:
            if value != value:
                return
            value = 0.0 if value < 0.0 else _LONGEST
        if self._lock.acquire(blocking=False):
            try:
                self._add(value)
                if self._pending:
                    self._drain()
            finally:
                self._lock.release()
        else:
            self._pending.append(value)

    @contextmanager
    def time(self) -> Iterator[None]:
        """Count how long the ``with`` block takes, also when it raises."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - start)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._pending.clear()
            self._buckets.clear()
            self._count, self._minimum, self._maximum, self._mean, self._squares = 0, math.inf, 0.0, 0.0, 0.0

    def summary(self) -> HistogramSummary:
        """What it has seen so far; all zeros for nothing."""
        with self._lock:
            self._drain()
            buckets, count, minimum, maximum = sorted(self._buckets.items()), self._count, self._minimum, self._maximum
            mean, squares = self._mean, self._squares
        if not count:
            return HistogramSummary(0, 0.0, 0.0, 0.0, 0.0, dict.fromkeys(_PERCENTILES, 0.0))
        values = _at_ranks(buckets, {name: math.ceil(percent / 100 * count) for name, percent in _PERCENTILES.items()})
        percentiles = {name: min(max(value, minimum), maximum) for name, value in values.items()}
        return HistogramSummary(count, minimum, maximum, mean, math.sqrt(squares / count), percentiles)

    def to_json(self) -> str:
        """The summary, with the keys of the contract."""
        return orjson.dumps(self.summary().as_json()).decode()

    def _drain(self) -> None:
        while self._pending:
            self._add(self._pending.popleft())

    def _add(self, value: float) -> None:
        bucket = _ZERO
        if value >= _SHORTEST:
            fraction, exponent = math.frexp(value)
            # The fraction lies between a half and one: 32 to 63 after this, on top of 32 for each power of two.
            bucket = exponent * _PARTS + int(fraction * (2 * _PARTS))
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
        self._count += 1
        distance = value - self._mean
        self._mean += distance / self._count
        self._squares += distance * (value - self._mean)
        if value < self._minimum:
            self._minimum = value
        if value > self._maximum:
            self._maximum = value


def _middle(bucket: int) -> float:
    if bucket == _ZERO:
        return 0.0
    exponent, part = divmod(bucket - _PARTS, _PARTS)
    return math.ldexp((_PARTS + part + 0.5) / (2 * _PARTS), exponent)


def _at_ranks(buckets: list[tuple[int, int]], ranks: dict[str, int]) -> dict[str, float]:
    """The value at each rank (1 is the smallest value); ``ranks`` grow, ``buckets`` are sorted and not empty."""
    found: dict[str, float] = {}
    remaining = iter(buckets)
    bucket, seen = next(remaining)
    for name, rank in ranks.items():
        while seen < rank:
            bucket, count = next(remaining)
            seen += count
        found[name] = _middle(bucket)
    return found
