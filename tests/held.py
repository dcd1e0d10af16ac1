"""What objects of the package hold: entries of their dicts, lists and sets, counted to find what grows with events."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, CoroutineType, FrameType, FunctionType, GeneratorType, ModuleType
from typing import Any
from weakref import ReferenceType

_CONTAINERS = (dict, list, set, frozenset, deque)
# Ways out of what is looked at: to all that is loaded, and to what merely runs at the moment.
_AROUND = (
    *(type, ModuleType, CodeType, FrameType, CoroutineType, GeneratorType, ReferenceType),
    *(asyncio.AbstractEventLoop, asyncio.Task, asyncio.BaseTransport),
)


def held(root: object) -> Counter[str]:
    """Entries by ``Class.attribute``, of all objects of the package that ``root`` leads to."""
    entries: Counter[str] = Counter()
    seen, left = {id(root)}, [root]
    while left:
        found = left.pop()
        if type(found).__module__.partition(".")[0] == "corvo_agent":
            for name, value in _attributes(found):
                if isinstance(value, _CONTAINERS):
                    entries[f"{type(found).__name__}.{name}"] += len(value)
        for each in _next(found):
            if id(each) not in seen and not isinstance(each, _AROUND) and gc.is_tracked(each):
                seen.add(id(each))
                left.append(each)
    return entries


def _attributes(found: object) -> Iterator[tuple[str, Any]]:
    yield from getattr(found, "__dict__", {}).items()
    for kind in type(found).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(found, name):
                yield name, getattr(found, name)


def _next(found: object) -> list[object]:
    # Not the globals of a function, which lead to all modules.
    return list(found.__closure__ or ()) if isinstance(found, FunctionType) else gc.get_referents(found)


@contextmanager
def left_behind(kind: type) -> Iterator[Callable[[], int]]:
    """How many objects of ``kind`` there are that were not there before; in here the garbage collector rests."""
    before = _all_of(kind)
    gc.disable()
    try:
        yield lambda: sum(all(each is not other for other in before) for each in _all_of(kind))
    finally:
        gc.enable()


def _all_of(kind: type) -> list[object]:
    return [each for each in gc.get_objects() if isinstance(each, kind)]
