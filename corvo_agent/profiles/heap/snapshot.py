"""What is alive at one moment, by where it comes from; and the difference between two such moments."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ...errors import InvalidArgument
from ...timestamps import format_rfc3339, parse_rfc3339
from ..pacing.pace import Pace
from ..pprof.model import Frame, Stack

#: Earlier snapshots that are kept for comparing, and different stacks of each.
MAX_SNAPSHOTS = 8
MAX_STACKS = 20_000
SMALLER = (Frame("[smaller ones]"),)


class Blocks(NamedTuple):
    """How many blocks of memory, and how many bytes in all."""

    number: int
    size: int


NOTHING = Blocks(0, 0)


@dataclass(frozen=True, slots=True)
class HeapSnapshot:
    """What was alive at ``time_ns`` by stack. Only snapshots of the same ``method`` can be compared."""

    method: str
    time_ns: int
    blocks: Mapping[Stack, Blocks]
    comments: tuple[str, ...] = field(default=())


def growth(before: HeapSnapshot, after: HeapSnapshot, pace: Pace) -> dict[Stack, Blocks]:
    """What ``after`` has more than ``before``; less is negative, equal is left out."""
    grown: dict[Stack, Blocks] = {}
    # Also the stacks that are gone: what was freed is growth below zero.
    for stack in pace.over(before.blocks.keys() | after.blocks.keys()):
        old, new = before.blocks.get(stack, NOTHING), after.blocks.get(stack, NOTHING)
        if old != new:
            grown[stack] = Blocks(new.number - old.number, new.size - old.size)
    return grown


class HeapHistory:
    """The latest snapshots, numbered from 1, so that a later query can ask what has grown since."""

    def __init__(self) -> None:
        self._snapshots: deque[tuple[int, HeapSnapshot]] = deque(maxlen=MAX_SNAPSHOTS)
        self._numbers = itertools.count(1)

    def add(self, snapshot: HeapSnapshot) -> int:
        """Keep ``snapshot``, its largest stacks only; its number."""
        number = next(self._numbers)
        blocks = snapshot.blocks
        if len(blocks) > MAX_STACKS:
            # The largest are what people compare; the rest keeps its sum, so that totals stay true.
            largest = sorted(blocks.items(), key=lambda item: item[1].size, reverse=True)
            rest = largest[MAX_STACKS:]
            smaller = Blocks(sum(each.number for _, each in rest), sum(each.size for _, each in rest))
            blocks = {**dict(largest[:MAX_STACKS]), SMALLER: smaller}
        self._snapshots.append((number, HeapSnapshot(snapshot.method, snapshot.time_ns, blocks, snapshot.comments)))
        return number

    def find(self, base: str, method: str) -> HeapSnapshot:
        """The snapshot that ``base`` means: its number, or a time, for the last snapshot before that.

        Raises InvalidArgument, with the snapshots that there are.
        """
        known = [f"{number} ({format_rfc3339(snapshot.time_ns)})" for number, snapshot in self._snapshots]
        if base.isdecimal():
            found = [snapshot for number, snapshot in self._snapshots if number == int(base)]
        else:
            moment = parse_rfc3339(base, "base")
            found = [snapshot for _, snapshot in self._snapshots if snapshot.time_ns <= moment]
        if not found:
            raise InvalidArgument("base", base, "no earlier answer of that number or time is kept", known)
        # Objects by type and blocks by line count different things: their difference would say nothing.
        if found[-1].method != method:
            reason = f"that answer was measured by {found[-1].method}, now it would be {method}"
            raise InvalidArgument("base", base, reason, known)
        return found[-1]
