"""What a suspended task waits for: its chain of awaits down to the future, read without running anything.

Coroutines, generators and async generators tell what they await. Three small objects between them do not
(``coroutine_wrapper``, ``async_generator_asend`` and the iterator of a future), but the garbage collector knows what
they refer to.
"""

from __future__ import annotations

import asyncio
import dis
import gc
from asyncio import Future, Task
from collections.abc import Iterable, Iterator
from itertools import islice
from types import (
    AsyncGeneratorType,
    CellType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodDescriptorType,
    MethodType,
)
from typing import Any, NamedTuple

from .anyio_waits import anyio_wait

#: Awaits followed in one task; a longer chain is cut.
MAX_AWAITS = 256

# The instruction that evaluates ``async with x``; the second name is that of Python 3.14.
_ASYNC_WITH = {dis.opmap[name] for name in ("BEFORE_ASYNC_WITH", "LOAD_SPECIAL") if name in dis.opmap}
# Where asyncio itself waits: the function -> the state, and the type of its variable that says for which.
_WAITS: dict[str, tuple[str, type | None]] = {
    "Lock.acquire": ("waiting: lock", asyncio.Lock),
    "Semaphore.acquire": ("waiting: semaphore", asyncio.Semaphore),
    "Event.wait": ("waiting: event", asyncio.Event),
    "Condition.wait": ("waiting: condition", asyncio.Condition),
    "Barrier._wait": ("waiting: barrier", asyncio.Barrier),
    "Queue.get": ("waiting: queue get", asyncio.Queue),
    "Queue.put": ("waiting: queue put", asyncio.Queue),
    "Queue.join": ("waiting: queue join", asyncio.Queue),
    "StreamReader._wait_for_data": ("waiting: stream", None),
    "FlowControlMixin._drain_helper": ("waiting: stream", None),
    "TaskGroup.__aexit__": ("waiting: task group", asyncio.TaskGroup),
    "TaskGroup._aexit": ("waiting: task group", asyncio.TaskGroup),
    # Up to 3.11 it waits for a future of its own, beside the task.
    "wait_for": ("waiting: task", Future),
    "sleep": ("waiting: sleep", None),
    "_wait": ("waiting: tasks", set),
}


# Since 3.14 a frame holds what leaves an ``async with`` as a function and its object.
_EXITS_APART = "LOAD_SPECIAL" in dis.opmap
_FUNCTIONS = (FunctionType, MethodDescriptorType)
_INNER = (CoroutineType, GeneratorType, AsyncGeneratorType)


class Wait(NamedTuple):
    """What a task does: ``state`` is ``ready`` or ``waiting: `` with the reason.

    ``on`` is the lock, queue or the like, None when it is nothing that others share; ``tasks`` are those waited for.
    """

    state: str
    on: object | None = None
    tasks: tuple[Task[Any], ...] = ()


READY = Wait("ready")
_FUTURE = Wait("waiting: future")


class AwaitChain(NamedTuple):
    """From a coroutine itself (first) to the innermost one that it awaits: the coroutines, and their frames.

    ``cut``: there are more awaits than are followed, so the last one is not the innermost.
    """

    links: tuple[object, ...]
    frames: tuple[FrameType, ...]
    cut: bool = False

    def with_entries(self) -> tuple[int, ...]:
        """Which of the links have an ``async with`` at all: the same for all chains of the same frames."""
        codes = (frame.f_code.co_code for frame in self.frames)
        return tuple(place for place, code in enumerate(codes) if any(each in _ASYNC_WITH for each in code[::2]))

    def inside(self, links: Iterable[int] | None = None) -> Iterator[object]:
        """The ``x`` of each ``async with x`` that the chain is in, also of one that it is about to enter.

        ``links`` are the ones to look at, those of ``with_entries``. The interpreter keeps the bound method
        ``x.__aexit__`` in the frame from before it calls ``__aenter__``; from 3.14 on the function and ``x`` itself,
        one after the other.
        """
        for place in self.with_entries() if links is None else links:
            held = iter(gc.get_referents(self.links[place]))
            for each in held:
                if type(each) is MethodType and each.__name__ == "__aexit__":
                    yield each.__self__
                elif _EXITS_APART and type(each) in _FUNCTIONS and each.__name__ == "__aexit__":
                    yield from islice(held, 1)


def await_chain(coroutine: object) -> AwaitChain:
    """Follow ``coroutine`` to the innermost thing that it awaits; a finished one has no frames."""
    links: list[object] = []
    frames: list[FrameType] = []
    current: object | None = coroutine
    frame: FrameType | None
    while current is not None and len(frames) < MAX_AWAITS:
        if type(current) is CoroutineType:
            # As in _step, of which this is nearly every one.
            frame, following = current.cr_frame, current.cr_await
        else:
            frame, following = _step(current)
        if frame is not None:
            links.append(current)
            frames.append(frame)
        current = following
    return AwaitChain(tuple(links), tuple(frames), current is not None and len(frames) >= MAX_AWAITS)


def _step(awaited: object) -> tuple[FrameType | None, object | None]:
    if isinstance(awaited, Future):
        return None, None
    if isinstance(awaited, GeneratorType):
        return awaited.gi_frame, awaited.gi_yieldfrom
    if isinstance(awaited, AsyncGeneratorType):
        return awaited.ag_frame, awaited.ag_await
    if hasattr(awaited, "cr_await"):
        # Compiled by Cython and its like: the same names on another type, without a frame.
        return None, awaited.cr_await
    return None, next((each for each in gc.get_referents(awaited) if isinstance(each, _INNER)), None)


def wait_of(task: Task[Any], chain: AwaitChain) -> Wait:
    """What ``task``, suspended with ``chain``, waits for."""
    # Private, but both implementations of Task have it, and there is no public way to ask.
    future = getattr(task, "_fut_waiter", None)
    if future is None:
        return READY
    behind = _behind(future)
    if behind is not None:
        return behind
    of_anyio = None if chain.cut else anyio_wait(chain.links, chain.frames)
    if of_anyio is not None:
        return Wait(of_anyio.state, of_anyio.on, _tasks(of_anyio.tasks))
    if chain.frames and not chain.cut and _is_asyncio(chain.frames[-1]):
        found = _WAITS.get(chain.frames[-1].f_code.co_qualname)
        if found is not None:
            return _completions(chain) or _library_wait(chain.links[-1], future, *found)
    return _FUTURE


def _is_asyncio(frame: FrameType) -> bool:
    return "asyncio/" in frame.f_code.co_filename


def _behind(future: object) -> Wait | None:
    """The tasks behind a future that stands for some; None for a future that stands for itself."""
    if isinstance(future, Task):
        return Wait("waiting: task", None, (future,))
    # The future of asyncio.gather, the only one with children.
    children = getattr(future, "_children", None)
    if children is not None:
        return Wait("waiting: gather", None, _tasks(children))
    inner = _shielded(future)
    return None if inner is None else Wait("waiting: shield", None, _tasks((inner,)))


def _shielded(future: object) -> Future[Any] | None:
    """What ``asyncio.shield`` keeps from being cancelled, where ``future`` is the one that it gave."""
    for callback, _ in getattr(future, "_callbacks", None) or ():
        if getattr(callback, "__qualname__", "") == "shield.<locals>._outer_done_callback":
            # By its name: from 3.14 on the callback knows the task that called shield as well.
            cells = dict(zip(callback.__code__.co_freevars, callback.__closure__ or (), strict=False))
            inner = cells["inner"].cell_contents if "inner" in cells else None
            return inner if isinstance(inner, Future) else None
    return None


def _completions(chain: AwaitChain) -> Wait | None:
    """What ``asyncio.as_completed`` waits for: the tasks that are not done yet, which its iterator knows."""
    if len(chain.frames) < 2 or not chain.frames[-2].f_code.co_qualname.endswith("._wait_for_one"):
        return None
    for link in reversed(chain.links[:-1]):
        for each in gc.get_referents(link):
            # Since 3.13 an object, before that a generator, which stands in the frame of the loop over it.
            todo = getattr(each, "_todo", None) if type(each).__name__ == "_AsCompletedIterator" else None
            if isinstance(each, GeneratorType) and each.gi_code.co_qualname == "as_completed":
                todo = next((cell for cell in _cells_of(each) if isinstance(cell, set)), None)
            if isinstance(todo, set):
                return Wait("waiting: as completed", None, _tasks(todo))
    return None


def _cells_of(generator: GeneratorType[Any, Any, Any]) -> Iterator[object]:
    for each in gc.get_referents(generator):
        if type(each) is CellType:
            yield from gc.get_referents(each)


def _library_wait(coroutine: object, future: object, state: str, kind: type | None) -> Wait:
    # The local variables without asking the frame for them: it would make a copy that keeps them alive.
    on = _local_of(coroutine, kind, future) if kind else None
    if isinstance(on, Future):
        return _behind(on) or _FUTURE
    if isinstance(on, set):
        return Wait(state, None, _tasks(on))
    if isinstance(on, asyncio.TaskGroup):
        return Wait(state, None, _tasks(getattr(on, "_tasks", ())))
    return Wait(state, on)


def _local_of(coroutine: object, kind: type, other_than: object) -> object | None:
    for each in gc.get_referents(coroutine):
        if isinstance(each, kind) and each is not other_than:
            return each
    return None


def _tasks(futures: Iterable[object]) -> tuple[Task[Any], ...]:
    """The tasks among ``futures`` that are not done, and those behind others: a gather of gathers, a shield in one."""
    found: list[Task[Any]] = []
    # A copy first: the loop may change the set meanwhile.
    waiting = list(futures)
    while waiting:
        each = waiting.pop()
        if isinstance(each, Task):
            found += () if each.done() else (each,)
        elif isinstance(each, Future):
            waiting += getattr(each, "_children", None) or ()
            inner = _shielded(each)
            waiting += () if inner is None else (inner,)
    return tuple(reversed(found))
