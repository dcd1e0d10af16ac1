"""What of a variable is a count: that of several processes of one program can be added up, all else cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

from .variables import DROPPED, MAX_KEYS, MAX_VARIABLES, Int, Map, Variable

#: A count, or counts by name.
Count: TypeAlias = "int | float | dict[str, int | float]"


def count_of(variable: Variable) -> Count | None:
    """What ``variable`` has counted: an Int, or the numbers of a Map, that only ``add`` has changed; None for others.

    Takes no lock: it can be called where a thread that held one is gone, as in a forked child.
    """
    if isinstance(variable, Int):
        return None if variable.is_gauge else variable.value
    if isinstance(variable, Map):
        counts = variable.counts()
        return counts or None
    return None


def added(one: Count | None, other: Count | None) -> Count:
    """Both together; None counts as nothing. Of a number and a Map the other one is kept.

    Maps together have as many names as one may have: those of ``other`` that find no room are counted as ``DROPPED``.
    """
    if one is None or other is None:
        return (other if one is None else one) or 0
    if isinstance(one, dict) and isinstance(other, dict):
        return _joined(one, other)
    if isinstance(one, dict) or isinstance(other, dict):
        return other
    return one + other


def add_counts(sums: dict[str, Count], counts: Mapping[str, Count]) -> None:
    """Add each of ``counts`` to the one of its name in ``sums``, which has as many names as one registry may have.

    Processes that come and go may count under ever new names: those that find no room are counted as ``DROPPED``.
    """
    for name, count in counts.items():
        if name in sums or len(sums) < MAX_VARIABLES:
            sums[name] = added(sums.get(name), count)
        else:
            sums[DROPPED] = added(sums.get(DROPPED), 1)


def _joined(one: Mapping[str, int | float], other: Mapping[str, int | float]) -> dict[str, int | float]:
    sums = dict(one)
    for name, number in other.items():
        if name in sums or len(sums) < MAX_KEYS:
            sums[name] = sums.get(name, 0) + number
        else:
            sums[DROPPED] = sums.get(DROPPED, 0) + 1
    return sums


def less(count: Count, base: Count | None) -> Count:
    """What was counted since it was ``base``; one that was cleared meanwhile has counted all that it shows."""
    if isinstance(count, dict):
        before = base if isinstance(base, dict) else {}
        return {name: cast("int | float", less(number, before.get(name))) for name, number in count.items()}
    if base is None or isinstance(base, dict) or count < base:
        return count
    return count - base


def read_counts(packed: object) -> dict[str, Count]:
    """Counts by name from JSON that another process sent; what is no count is left out."""
    counts: dict[str, Count] = {}
    for name, value in packed.items() if isinstance(packed, Mapping) else ():
        if isinstance(value, int | float):
            counts[str(name)] = value
        elif isinstance(value, Mapping) and all(isinstance(number, int | float) for number in value.values()):
            counts[str(name)] = {str(key): number for key, number in value.items()}
    return counts
