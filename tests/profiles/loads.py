"""Loads with known truths: run in a thread of a test, or as a process of their own (``python loads.py NAME``).

A load says ``ready`` on its standard output when it is running and ends when its standard input is closed.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from collections.abc import Callable

#: Shares of processor time of ``heavy``, ``middle`` and ``light``, in percent.
SHARES = {"heavy": 70, "middle": 20, "light": 10}
_CYCLE = 0.1

Clock = Callable[[], float]


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


def wall_shares(stop: threading.Event) -> None:
    """About the known shares of the time, for who counts a thread that waits for a processor as one that has it.

    On a busy machine a phase can last longer than it wants to, so it tells in the end what they really were.
    """
    spent = dict.fromkeys(SHARES, 0.0)
    while not stop.is_set():
        for phase in (heavy, middle, light):
            start = time.perf_counter()
            phase(time.perf_counter)
            spent[phase.__name__] += time.perf_counter() - start
    total = sum(spent.values())
    print(json.dumps({name: 100 * seconds / total for name, seconds in spent.items()}), flush=True)  # noqa: T201


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


def idle(stop: threading.Event) -> None:
    stop.wait()


LOADS = {load.__name__: load for load in (shares, wall_shares, recursion, native, idle)}


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


def main() -> None:
    """``NAME [IDLE_THREADS]``: the load in the main thread, and so many threads that sleep."""
    gone = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        gone.set()

    threading.Thread(target=wait_for_end, name="stdin", daemon=True).start()
    for index in range(int(sys.argv[2]) if len(sys.argv) > 2 else 0):
        threading.Thread(target=gone.wait, name=f"idle-{index}").start()
    print("ready", flush=True)  # noqa: T201
    LOADS[sys.argv[1]](gone)


if __name__ == "__main__":
    main()
