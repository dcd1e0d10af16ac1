"""What is alive by type and module, from the garbage collector: at once, and without having traced anything.

The collector knows containers. The strings, bytes and numbers in them are counted by shares: an object to which four
references exist counts a quarter at each container that holds one. Sizes are those of the objects themselves
(``__sizeof__``), what C libraries allocate behind them is not seen.

Listing the objects is one call into C for each generation, about ten milliseconds for a million objects, in which the
process stands still; the rest is done in slices.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from types import MethodDescriptorType, WrapperDescriptorType
from typing import Any, cast

from .heap_look import Blocks, HeapLook
from .model import Frame, Stack
from .pace import Pace

METHOD = "the garbage collector"
#: Objects that one look goes through.
MAX_OBJECTS = 2_000_000
_GC_HEADER = 16
# References from the list of referents, the loop variable and the call itself.
_OURS = 3
# Since 3.12 an object that never dies has a count that means nothing.
_IMMORTAL = 1 << 29
_UNTRACKED_CONTAINERS = (dict, tuple)

Sizer = Callable[[Any], int]


class ObjectCensus:
    """Counts objects by type. ``objects`` keeps those that were listed alive until the owner empties it.

    An object that dies meanwhile is finalized where its last reference is given up: that had better be the thread of
    the event loop, which empties the list, and not the one that counts.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._numbers: dict[type, float] = {}
        self._sizes: dict[type, float] = {}
        self._sizers: dict[type, Sizer] = {}
        self.objects: list[object] = []

    def look(self) -> HeapLook:
        """Go through the heap."""
        time_ns = time.time_ns()
        began = time.perf_counter()
        self.objects = gc.get_objects()
        stalled = time.perf_counter() - began
        comments = [
            f"by {METHOD}: objects by type and module; seconds=N or enable-trace tell the lines that allocate",
            f"the process stood still for {stalled * 1000:.1f} ms to list {len(self.objects)} objects",
        ]
        if len(self.objects) > MAX_OBJECTS:
            comments.append(f"only {MAX_OBJECTS} of them were looked at")
        for position in range(0, min(len(self.objects), MAX_OBJECTS), 64):
            self._pace.breathe()
            for each in self.objects[position : position + 64]:
                self._add(each, 1.0, _GC_HEADER)
                self._add_leaves(each, 1.0)
        return HeapLook(METHOD, time_ns, self._by_type(), tuple(comments))

    def _add(self, each: object, share: float, header: int) -> None:
        kind = type(each)
        sizer = self._sizers.get(kind)
        if sizer is None:
            self._sizers[kind] = sizer = _sizer(kind)
        self._numbers[kind] = self._numbers.get(kind, 0.0) + share
        self._sizes[kind] = self._sizes.get(kind, 0.0) + share * (sizer(each) + header)

    def _add_leaves(self, container: object, share: float) -> None:
        for leaf in gc.get_referents(container):
            if not gc.is_tracked(leaf):
                references = sys.getrefcount(leaf) - _OURS
                if references < _IMMORTAL:
                    part = share / max(references, 1)
                    self._add(leaf, part, 0)
                    if type(leaf) in _UNTRACKED_CONTAINERS:
                        self._add_leaves(leaf, part)

    def _by_type(self) -> dict[Stack, Blocks]:
        blocks: dict[Stack, Blocks] = {}
        for kind, number in self._numbers.items():
            # From the type's own dictionary: a metaclass may answer anything.
            module = type.__getattribute__(kind, "__module__")
            module = module if isinstance(module, str) else "?"
            name = type.__dict__["__qualname__"].__get__(kind)
            stack = (Frame(f"{module}.{name}"), Frame(f"{module}.<module>"))
            before = blocks.get(stack, Blocks(0, 0))
            blocks[stack] = Blocks(before.number + max(round(number), 1), before.size + round(self._sizes[kind]))
        return blocks


def _sizer(kind: type) -> Sizer:
    # Past metaclasses, and not one written in Python: that is somebody's code, which is not run for a look.
    found = type.__getattribute__(kind, "__sizeof__")
    native = isinstance(found, (MethodDescriptorType, WrapperDescriptorType))
    return cast(Sizer, found if native else object.__sizeof__)
