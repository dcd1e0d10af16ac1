"""Long computations beside an event loop: in a thread of their own, in slices that let the loop run in between.

A thread that computes in Python keeps the interpreter lock until the switch interval (5 ms) is over, each time that
the loop wants it. One that sleeps for a moment after every two milliseconds stalls the loop for no more than those.
Getting the lock again is the other half: beside a loop whose callbacks are shorter than the interval and that always
has one more to run, a thread waits for seconds (measured: two minutes for 0.2 s of encoding), because such a loop gives
the lock up before the interval is over and takes it back before the thread is awake. So the interval is short while we
compute, which costs the host no more in sum, as it is over sooner.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from ...threads import result_of, start_thread
from .switch_interval import SwitchInterval

T = TypeVar("T")

SLICE = 0.002
# Long enough that a waiting thread surely gets the lock: a sleep of 0 gives it up and often takes it back at once.
_REST = 0.0001
_NAP = 0.05
# How long a thread with a result waits, with the short interval, for its loop to have heard of it.
_HEARD_SECONDS = 1.0


class Cancelled(Exception):
    """Raised inside the thread by ``breathe`` when the caller that waited for its result has been cancelled."""


class Pace:
    """Divides a computation into slices. Belongs to the thread that computes; ``cancel`` may come from another one."""

    def __init__(self, slice_seconds: float = SLICE) -> None:
        self._slice = slice_seconds
        self._end = time.perf_counter() + slice_seconds
        self._cancelled = threading.Event()

    def breathe(self) -> None:
        """Between two pieces of work, well under a millisecond each: rest when the slice is used up.

        Raises Cancelled.
        """
        if time.perf_counter() >= self._end:
            self.rest(_REST)
            self._end = time.perf_counter() + self._slice

    def rest(self, seconds: float) -> None:
        """Sleep for ``seconds``. Raises Cancelled, within a twentieth of a second."""
        # time.sleep, because waiting for an event with a timeout takes twice the processor time.
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0 and not self._cancelled.is_set():
            time.sleep(min(left, _NAP))
        if self._cancelled.is_set():
            raise Cancelled

    def over(self, items: Iterable[T], every: int = 64) -> Iterator[T]:
        """``items``, with a breath before each ``every`` of them. Makes no object for a single one."""
        iterator = iter(items)
        while batch := tuple(islice(iterator, every)):
            self.breathe()
            yield from batch

    def cancel(self) -> None:
        """Make the next rest raise Cancelled."""
        self._cancelled.set()


async def off_loop(work: Callable[[Pace], T], name: str = "corvo-profile") -> T:
    """Run ``work``, which computes, in a new thread and wait for its result; what it raises is raised here.

    When cancelled, the thread ends at its next breath and its result is dropped. A thread of its own, and not the
    loop's executor: that one belongs to the host, who may have filled it.
    """
    with SwitchInterval() as interval:
        interval.choose(short=True)
        return await beside_loop(work, name)


async def beside_loop(work: Callable[[Pace], T], name: str) -> T:
    """As ``off_loop``, for ``work`` that lasts for a while and mostly waits: the interval stays as it is meanwhile."""
    pace, heard = Pace(), threading.Event()

    @contextlib.contextmanager
    def until_heard() -> Iterator[None]:
        # A busy loop would get round to the result late: the short interval makes it give the lock up sooner.
        with SwitchInterval() as interval:
            interval.choose(short=True)
            yield
            heard.wait(_HEARD_SECONDS)

    try:
        return await result_of(start_thread(lambda: work(pace), name, until_heard))
    finally:
        heard.set()
        pace.cancel()
