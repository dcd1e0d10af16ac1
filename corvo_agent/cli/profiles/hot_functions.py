"""Which functions a profile spends its time (or bytes) in: the rows that people read first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ...errors import InvalidArgument
from ...profiles.pprof.model import Profile, Sample, ValueType


class HotFunction(NamedTuple):
    """``flat`` is what was spent in the function itself, ``cumulative`` what in it and in all that it called."""

    name: str
    flat: int
    cumulative: int


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of one sample type of a profile: a stack, leaf first, with a value."""

    type: ValueType
    samples: tuple[tuple[tuple[str, ...], int], ...]

    @property
    def total(self) -> int:
        """The sum; what is less than before counts as much as what is more."""
        return sum(abs(value) for _, value in self.samples)

    def hottest(self, count: int) -> list[HotFunction]:
        """The functions with the highest flat values, those with the highest cumulative ones among equals first."""
        flat: Counter[str] = Counter()
        cumulative: Counter[str] = Counter()
        for names, value in self.samples:
            if names:
                flat[names[0]] += value
            for name in set(names):
                cumulative[name] += value
        found = [HotFunction(name, flat[name], value) for name, value in cumulative.items()]
        found.sort(key=lambda each: (-abs(each.flat), -abs(each.cumulative), each.name))
        return found[:count]

    def share(self, value: int) -> str:
        """``value`` in percent of the total."""
        return f"{100 * value / self.total:.1f}%" if self.total else "0.0%"

    def text(self, value: int) -> str:
        """``value`` with its unit, as people read it."""
        return quantity(value, self.type.unit)


def measured(profile: Profile, sample_type: str = "") -> Measured:
    """The values of ``sample_type``; of the one that the profile itself puts first unless given.

    Raises InvalidArgument for a type that is not in it.
    """
    names = [each.type for each in profile.sample_types]
    # As in go tool pprof: the last one, where the profile names none.
    wanted = sample_type or profile.default_sample_type or names[-1]
    if wanted not in names:
        raise InvalidArgument("--sample-type", sample_type or wanted, "not in this profile", names)
    column = names.index(wanted)
    return Measured(profile.sample_types[column], tuple(_column(profile.samples, column)))


def _column(samples: Iterable[Sample], column: int) -> Iterable[tuple[tuple[str, ...], int]]:
    for sample in samples:
        if sample.values[column]:
            yield tuple(frame.function for frame in sample.stack), sample.values[column]


_SCALES = {
    "nanoseconds": ((60e9, "min"), (1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns")),
    "bytes": ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"), (1, "B")),
}


def quantity(value: float, unit: str) -> str:
    """``value`` in the largest unit of its kind that it is at least one of: 1.25s, 3.40MB; counts as they are."""
    for size, name in _SCALES.get(unit, ()):
        if abs(value) >= size:
            return f"{value:g}{name}" if size == 1 else f"{value / size:.2f}{name}"
    return f"{value:g}" if unit in ("count", "", *_SCALES) else f"{value:g} {unit}"
