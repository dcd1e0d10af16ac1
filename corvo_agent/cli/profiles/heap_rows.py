"""What a ``heap`` profile says of memory, by type or by line, and what has changed since an earlier one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ...errors import InvalidArgument
from ...profiles.pprof.model import Frame, Profile
from ...profiles.shown.amounts import place_of, quantity
from ...profiles.stacks.own import own_functions

#: Where what was measured without a stack is shown.
UNKNOWN = Frame("[no stack]")


class HeapRow(NamedTuple):
    """What is alive of one type, or was allocated at one line: how many objects and bytes; below 0: so many less."""

    name: str
    place: str
    objects: int
    size: int


@dataclass(frozen=True, slots=True)
class HeapView:
    """Rows, the largest first. ``traced``: they are lines that allocate, else types. ``own``: bytes of the agent's."""

    traced: bool
    rows: tuple[HeapRow, ...]
    objects: int
    size: int
    own: int


def heap_view(profile: Profile, base: Profile | None = None, *, everything: bool = True) -> HeapView:
    """The rows of ``profile``, less those of ``base``; what the agent itself holds only with ``everything``.

    Raises InvalidArgument for a profile of other values, and for a ``base`` that was measured otherwise.
    """
    traced, counts = _counted("profile", profile)
    if base is not None:
        before_traced, before = _counted("--base", base)
        if before_traced != traced:
            now, then = ("lines", "types") if traced else ("types", "lines")
            raise InvalidArgument("--base", None, f"it tells {then}, what was measured now tells {now}")
        for key, (objects, size) in before.items():
            here = counts.get(key, (0, 0))
            counts[key] = (here[0] - objects, here[1] - size)
    rows = [HeapRow(*key, *values) for key, values in counts.items() if values != (0, 0)]
    is_own = own_functions(profile)
    shown = [row for row in rows if everything or not is_own(row.name)]
    shown.sort(key=lambda row: (-abs(row.size), -abs(row.objects), row.name, row.place))
    objects, size = _sum(rows)
    return HeapView(traced, tuple(shown), objects, size, size - _sum(shown)[1])


def _sum(rows: Iterable[HeapRow]) -> tuple[int, int]:
    listed = list(rows)
    return sum(row.objects for row in listed), sum(row.size for row in listed)


def _counted(what: str, profile: Profile) -> tuple[bool, dict[tuple[str, str], tuple[int, int]]]:
    names = [each.type for each in profile.sample_types]
    if "inuse_space" not in names:
        raise InvalidArgument(what, ", ".join(names), "not a profile of memory")
    columns = names.index("inuse_objects"), names.index("inuse_space")
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for sample in profile.samples:
        leaf = sample.stack[0] if sample.stack else UNKNOWN
        key = leaf.function, place_of(leaf.filename, leaf.line)
        objects, size = found.get(key, (0, 0))
        found[key] = objects + sample.values[columns[0]], size + sample.values[columns[1]]
    # Only what was traced tells what was allocated, beside what is alive.
    return "alloc_space" in names, found


def signed(value: int, *, is_change: bool, unit: str = "count") -> str:
    """``value`` for people; a change with its sign."""
    text = quantity(abs(value), unit)
    return f"{'-' if value < 0 else '+' if is_change else ''}{text}"
