"""What a task waits for inside anyio, whose locks, limits and task groups are none of asyncio's.

anyio is not imported for this: its functions are known by their names and files, what they belong to by its attributes,
which every version since 4.0 has.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from types import FrameType
from typing import NamedTuple

from .naming import library_path

# The function that waits -> the state, and the attribute that says for which tasks ("" for none).
_WAITS: dict[str, tuple[str, str]] = {
    "TaskGroup.__aexit__": ("waiting: task group", "_tasks"),
    "Lock.acquire": ("waiting: lock", "_owner_task"),
    "Semaphore.acquire": ("waiting: semaphore", ""),
    "CapacityLimiter.acquire_on_behalf_of": ("waiting: semaphore", "_borrowers"),
    "Condition.wait": ("waiting: condition", ""),
    "MemoryObjectSendStream.send": ("waiting: queue put", ""),
    "MemoryObjectReceiveStream.receive": ("waiting: queue get", ""),
}
# Between the function and what it awaits: an event's ``wait``, and asyncio's below that.
_INNERMOST = 3


class AnyioWait(NamedTuple):
    """The state, the object that is shared (None for a task group), and the tasks that are waited for."""

    state: str
    on: object | None
    tasks: tuple[object, ...]


def anyio_wait(links: Sequence[object], frames: Sequence[FrameType]) -> AnyioWait | None:
    """What a chain of ``links``, coroutines with their ``frames``, waits for in anyio; None when it does not."""
    for link, frame in zip(reversed(links[-_INNERMOST:]), reversed(frames[-_INNERMOST:]), strict=True):
        code = frame.f_code
        found = _WAITS.get(code.co_qualname)
        if found is not None and library_path(code.co_filename).startswith("anyio/"):
            state, attribute = found
            owner = _self_of(link, code.co_qualname.partition(".")[0])
            known = getattr(owner, attribute, None) if attribute else None
            # Both ends of a stream have what is between them.
            on = None if attribute == "_tasks" else getattr(owner, "_state", owner)
            return AnyioWait(state, on, tuple(known) if isinstance(known, set) else (known,))
    return None


def _self_of(coroutine: object, name: str) -> object | None:
    """The object whose method ``coroutine`` is, without asking its frame for its variables."""
    referents: list[object] = gc.get_referents(coroutine)
    return next((each for each in referents if any(kind.__name__ == name for kind in type(each).__mro__)), None)
