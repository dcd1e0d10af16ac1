"""Loads with known truths: run in a thread of a test, or as a process of their own (``python loads.py NAME``).

A load says ``ready`` on its standard output when it is running and ends when its standard input is closed. Also run by
Pythons older than this project's, as 3.8.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Clock = Callable[[], float]

#: Shares of processor time of ``heavy``, ``middle`` and ``light``, in percent.
SHARES = {"heavy": 70, "middle": 20, "light": 10}
_CYCLE = 0.1


def burn(seconds: float, clock: Clock = time.thread_time) -> int:
    """Use the processor, in Python, for so long."""
    end, turns = clock() + seconds, 0
    while clock() < end:
        turns += 1
    return turns


def heavy(clock: Clock = time.thread_time) -> None:
    burn(_CYCLE * SHARES["heavy"] / 100, clock)


def middle(clock: Clock = time.thread_time) -> None:
    burn(_CYCLE * SHARES["middle"] / 100, clock)


def light(clock: Clock = time.thread_time) -> None:
    burn(_CYCLE * SHARES["light"] / 100, clock)


def shares(stop: threading.Event) -> None:
    """The known shares of processor time."""
    while not stop.is_set():
        heavy()
        middle()
        light()


def told_shares(stop: threading.Event) -> None:
    """The same, and in the end every phase is told: its function, when it began and ended, and what it used (ns).

    So the truth is known of any part of the time, and on a busy machine, where phases last longer than they want to.
    """
    told: list[tuple[str, int, int, int]] = []
    while not stop.is_set():
        for phase in (heavy, middle, light):
            began, used = time.time_ns(), time.thread_time_ns()
            phase()
            told.append((phase.__name__, began, time.time_ns(), time.thread_time_ns() - used))
    print(json.dumps(told), flush=True)  # noqa: T201


def recursion(stop: threading.Event, depth: int = 600) -> None:
    if depth:
        recursion(stop, depth - 1)
        return
    while not stop.is_set():
        burn(0.01)


_DATA = bytes(1 << 20)


def native(stop: threading.Event) -> None:
    """In C nearly all of the time, without the GIL."""
    while not stop.is_set():
        hashlib.sha256(_DATA)


def burn_once(*_: object) -> None:
    """Burn for a known time at a signal, and say how long it was by the thread's own clock."""
    began = time.thread_time()
    burn(0.4)
    # Not by print: the signal may come while the main thread is still inside the one that said it was ready.
    os.write(1, f"{time.thread_time() - began}\n".encode())


def idle(stop: threading.Event) -> None:
    stop.wait()


LOADS = {load.__name__: load for load in (shares, told_shares, recursion, native, idle)}


class Running:
    """``load`` in ``count`` threads of this process, for as long as ``with`` lasts."""

    def __init__(self, load: Callable[[threading.Event], None], count: int = 1) -> None:
        self._stop = threading.Event()
        names = [f"{load.__name__}-{index}" for index in range(count)]
        self.threads = [threading.Thread(target=load, args=(self._stop,), name=name) for name in names]

    def __enter__(self) -> Running:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stop.set()
        for thread in self.threads:
            thread.join()


class Once:
    """A thread of this process that waits until it shall burn, and goes on waiting until ``with`` is over."""

    def __init__(self) -> None:
        self._go, self._burnt, self._end = threading.Event(), threading.Event(), threading.Event()
        self._seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="once")

    @property
    def native_id(self) -> int:
        """Its number by the kernel."""
        return self._thread.native_id or 0

    def _run(self) -> None:
        self._go.wait()
        began = time.thread_time()
        burn(0.2)
        self._seconds = time.thread_time() - began
        self._burnt.set()
        self._end.wait()

    def burn(self) -> float:
        """Let it burn, and wait until it has: seconds, by its own clock."""
        self._go.set()
        self._burnt.wait()
        return self._seconds

    def __enter__(self) -> Once:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._go.set()
        self._end.set()
        self._thread.join()


def main() -> None:
    """``NAME [IDLE_THREADS]``: the load in the main thread, which burns at SIGUSR1, and so many threads that sleep."""
    gone = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        gone.set()

    signal.signal(signal.SIGUSR1, burn_once)
    threading.Thread(target=wait_for_end, name="stdin", daemon=True).start()
    for index in range(int(sys.argv[2]) if len(sys.argv) > 2 else 0):
        threading.Thread(target=gone.wait, name=f"idle-{index}").start()
    print("ready", flush=True)  # noqa: T201
    LOADS[sys.argv[1]](gone)


if __name__ == "__main__":
    main()
