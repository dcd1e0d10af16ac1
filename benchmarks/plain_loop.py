"""A process that takes a part of a processor: ``python -m benchmarks.plain_loop SHARE [idle]``.

It is what a host has beside it in place of an agent or its attackers. With ``idle`` it runs in idle time only. It
prints one line when it has begun and ends with its input.
"""

from __future__ import annotations

import os
import sys
import threading
import time

# Seconds of work in one piece, and the least pause: those of a thread of the agent that reads a log.
_PIECE, _REST = 0.001, 0.00005


def take(share: float, ended: threading.Event) -> None:
    """Take ``share`` of a processor until ``ended``."""
    began, spent = time.perf_counter(), time.process_time()
    while not ended.is_set():
        end = time.perf_counter() + _PIECE
        while time.perf_counter() < end:
            pass
        ahead = time.process_time() - spent - share * (time.perf_counter() - began)
        time.sleep(max(_REST, ahead / share))


def _wait_for_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def main(share: str, *priority: str) -> None:
    """Until the input ends."""
    if priority:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    ended = threading.Event()
    print("begun", flush=True)
    threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
    take(float(share), ended)


if __name__ == "__main__":
    main(*sys.argv[1:])
