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

#: Earlier looks that are kept for comparing, and different stacks of each.
MAX_LOOKS = 8
MAX_STACKS = 20_000
SMALLER = (Frame("[smaller ones]"),)


class Blocks(NamedTuple):
    """How many blocks of memory, and how many bytes in all."""

    number: int
    size: int


NOTHING = Blocks(0, 0)


@dataclass(frozen=True, slots=True)
class HeapLook:
    """What was alive at ``time_ns`` by stack. Only looks of the same ``method`` can be compared."""

    method: str
    time_ns: int
    blocks: Mapping[Stack, Blocks]
    comments: tuple[str, ...] = field(default=())


def growth(before: HeapLook, after: HeapLook, pace: Pace) -> dict[Stack, Blocks]:
    """What ``after`` has more than ``before``; less is negative, equal is left out."""
    grown: dict[Stack, Blocks] = {}
    for stack in pace.over(before.blocks.keys() | after.blocks.keys()):
        old, new = before.blocks.get(stack, NOTHING), after.blocks.get(stack, NOTHING)
        if old != new:
            grown[stack] = Blocks(new.number - old.number, new.size - old.size)
    return grown


class HeapHistory:
    """The latest looks, numbered from 1, so that a later query can ask what has grown since."""

    def __init__(self) -> None:
        self._looks: deque[tuple[int, HeapLook]] = deque(maxlen=MAX_LOOKS)
        self._numbers = itertools.count(1)

    def add(self, look: HeapLook) -> int:
        """Keep ``look``, its largest stacks only; its number."""
        number = next(self._numbers)
        blocks = look.blocks
        if len(blocks) > MAX_STACKS:
            largest = sorted(blocks.items(), key=lambda item: item[1].size, reverse=True)
            rest = largest[MAX_STACKS:]
            smaller = Blocks(sum(each.number for _, each in rest), sum(each.size for _, each in rest))
            blocks = {**dict(largest[:MAX_STACKS]), SMALLER: smaller}
        self._looks.append((number, HeapLook(look.method, look.time_ns, blocks, look.comments)))
        return number

    def find(self, base: str, method: str) -> HeapLook:
        """The look that ``base`` means: its number, or a time, for the last look before that.

        Raises InvalidArgument, with the looks that there are.
        """
        known = [f"{number} ({format_rfc3339(look.time_ns)})" for number, look in self._looks]
        if base.isdecimal():
            found = [look for number, look in self._looks if number == int(base)]
        else:
            moment = parse_rfc3339(base, "base")
            found = [look for _, look in self._looks if look.time_ns <= moment]
        if not found:
            raise InvalidArgument("base", base, "no earlier answer of that number or time is kept", known)
        if found[-1].method != method:
            reason = f"that answer was measured by {found[-1].method}, now it would be {method}"
            raise InvalidArgument("base", base, reason, known)
        return found[-1]
