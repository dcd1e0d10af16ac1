"""What is alive by type and module, from the garbage collector: at once, and without having traced anything.

The collector knows containers. Strings, bytes, numbers and tuples in them are counted by shares: an object to which
four references exist counts a quarter at each container that holds one. Sizes are those of the objects themselves
(``__sizeof__``), what C libraries allocate behind them is not seen.

Listing the objects is one call into C, some eighty milliseconds for a million objects, in which the process stands
still; the rest is done in slices. Two traps are walked around, both lead to a crash or a failure of the service:

- A tuple that another thread is just filling must not be referred to: filling fails with SystemError then. So tuples
  are left out before any other thread can run, and are met again where a container holds them.
- ``gc.get_referents`` of a module can give objects that are free already (CPython 3.12 and the iterators of
  ``_asyncio``). Only types are asked whose references are known to be sound.
"""

from __future__ import annotations

import gc
import sys
import time
from collections import deque
from collections.abc import Callable
from itertools import chain, compress, repeat
from operator import is_not
from types import CellType, FunctionType, GetSetDescriptorType, MethodDescriptorType, WrapperDescriptorType
from typing import Any, cast

from ..pacing.pace import Pace
from ..pprof.model import Frame, Stack
from .snapshot import Blocks, HeapSnapshot

METHOD = "the garbage collector"
#: Objects that one snapshot goes through.
MAX_OBJECTS = 2_000_000
_GC_HEADER = 16
# Since 3.12 an object that never dies has a count that means nothing.
_IMMORTAL = 1 << 29
# Types whose references may be asked for, and from which classes that are may be derived.
_SOUND = (dict, list, tuple, set, frozenset, deque, FunctionType, CellType)
_SOUND_BASES = (object, dict, list, tuple, set, frozenset, deque, str, bytes, int, float, BaseException, Exception)
_NAMESPACE = type.__dict__["__dict__"]

Sizer = Callable[[Any], int]


def _references_of_the_loop() -> int:
    """The references that going through a container adds to a leaf: the list, the variable, and up to 3.13 the call."""
    holder = [object()]
    return next(sys.getrefcount(leaf) - len(holder) for leaf in gc.get_referents(holder))


# Measured, since each version of the interpreter keeps fewer of them.
_OURS = _references_of_the_loop()


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
        self._sound: dict[type, bool] = {}
        self.objects: list[object] = []

    def snapshot(self) -> HeapSnapshot:
        """Go through the heap."""
        time_ns = time.time_ns()
        self.objects, stalled = _listed()
        comments = [
            f"by {METHOD}: objects by type and module; seconds=N or enable-trace tell the lines that allocate",
            f"the process stood still for {stalled * 1000:.1f} ms to list {len(self.objects)} containers",
        ]
        if len(self.objects) > MAX_OBJECTS:
            comments.append(f"only {MAX_OBJECTS} of them were looked at")
        for position in range(0, min(len(self.objects), MAX_OBJECTS), 64):
            self._pace.breathe()
            for each in self.objects[position : position + 64]:
                self._add(each, 1.0, _GC_HEADER)
                self._add_leaves(each)
        return HeapSnapshot(METHOD, time_ns, self._by_type(), tuple(comments))

    def _add(self, each: object, share: float, header: int) -> None:
        kind = type(each)
        sizer = self._sizers.get(kind)
        if sizer is None:
            self._sizers[kind] = sizer = _sizer(kind)
        self._numbers[kind] = self._numbers.get(kind, 0.0) + share
        self._sizes[kind] = self._sizes.get(kind, 0.0) + share * (sizer(each) + header)

    def _add_leaves(self, container: object) -> None:
        # One container after the other, not one within the other: the list of what one refers to counts as well.
        pending: list[tuple[object, float]] = [(container, 1.0)]
        while pending:
            holder, share = pending.pop()
            if not self._is_sound(type(holder)):
                continue
            for leaf in gc.get_referents(holder):
                is_tuple = type(leaf) is tuple
                if not is_tuple and gc.is_tracked(leaf):
                    continue
                references = sys.getrefcount(leaf) - _OURS
                if references < _IMMORTAL:
                    part = share / max(references, 1)
                    self._add(leaf, part, _GC_HEADER if is_tuple else 0)
                    if is_tuple or type(leaf) is dict:
                        pending.append((leaf, part))

    def _is_sound(self, kind: type) -> bool:
        sound = self._sound.get(kind)
        if sound is None:
            self._sound[kind] = sound = kind in _SOUND or _is_written_in_python(kind)
        return sound

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


def _listed() -> tuple[list[object], float]:
    """Every container but tuples, and the seconds for which the process stood still."""
    everything: list[object] = []
    # The list is empty yet: it is filled, gone through and emptied inside one call of C, in which no other thread runs.
    others = compress(everything, map(is_not, map(type, everything), repeat(tuple)))
    fill = map(everything.extend, map(gc.get_objects, (None,)))
    began = time.perf_counter()
    kept = list(chain(fill, others, map(list.clear, (everything,))))
    stood_still = time.perf_counter() - began
    # What filling and emptying gave.
    del kept[0], kept[-1]
    return kept, stood_still


def _is_written_in_python(kind: type) -> bool:
    """Whether a class statement made ``kind``, and nothing of C but a few sound types is under it."""
    classes = type.__dict__["__mro__"].__get__(kind)
    # A class of C is never derived from one that a class statement made.
    made = next((place for place, each in enumerate(reversed(classes)) if _has_class_statement(each)), len(classes))
    return made < len(classes) and all(each in _SOUND_BASES for each in classes[len(classes) - made :])


def _has_class_statement(kind: type) -> bool:
    names = _NAMESPACE.__get__(kind)
    # What only a class statement puts there; a type of C has its weak references and functions under other types.
    weakref = type(names.get("__weakref__")) is GetSetDescriptorType
    return weakref or "__slots__" in names or any(type(each) is FunctionType for each in names.values())


def _sizer(kind: type) -> Sizer:
    # Past metaclasses, and not one written in Python: that is the application's code, and must not run here.
    found = type.__getattribute__(kind, "__sizeof__")
    native = isinstance(found, (MethodDescriptorType, WrapperDescriptorType))
    return cast(Sizer, found if native else object.__sizeof__)
