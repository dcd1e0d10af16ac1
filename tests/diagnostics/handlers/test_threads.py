"""Blocking functions run off the loop, bounded, and nobody has to wait for one that hangs."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading

import pytest

from corvo_agent.diagnostics.handlers.threads import DaemonThreads
from corvo_agent.errors import ResourceExhausted


def fail(error: BaseException) -> None:
    raise error


async def test_results_and_errors_come_back() -> None:
    threads = DaemonThreads("threads", 1)
    assert await threads.run(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: fail(ZeroDivisionError()))
    with pytest.raises(RuntimeError, match="StopIteration"):
        await threads.run(lambda: fail(StopIteration()))


async def test_no_more_than_the_limit_run() -> None:
    threads, go_on = DaemonThreads("threads at once", 1), threading.Event()
    first = asyncio.create_task(threads.run(go_on.wait))
    await asyncio.sleep(0)
    with pytest.raises(ResourceExhausted, match="threads at once: at most 1"):
        await threads.run(go_on.wait)
    go_on.set()
    assert await first
    await threads.run(go_on.wait)


async def test_a_cancelled_call_leaves_its_thread_alone_and_keeps_its_place() -> None:
    threads, started, go_on = DaemonThreads("threads", 1), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        go_on.wait()
        raise ZeroDivisionError

    call = asyncio.create_task(threads.run(work))
    await asyncio.to_thread(started.wait)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    with pytest.raises(ResourceExhausted):
        await threads.run(work)
    (thread,) = (each for each in threading.enumerate() if each.name == "threads")
    go_on.set()
    await asyncio.to_thread(thread.join)
    await threads.run(go_on.wait)
    gc.collect()


def test_a_loop_that_closed_meanwhile_is_nobodys_trouble() -> None:
    go_on, done = threading.Event(), threading.Event()

    def work() -> None:
        go_on.wait()
        done.set()

    async def leave() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await DaemonThreads("left behind", 1).run(work)

    asyncio.run(leave())
    (thread,) = (each for each in threading.enumerate() if each.name == "left behind")
    go_on.set()
    thread.join()
    assert done.is_set()


def test_a_function_that_hangs_does_not_hold_up_the_end_of_the_process() -> None:
    program = """
import asyncio, threading
from corvo_agent.diagnostics.handlers.threads import DaemonThreads

async def main():
    started = threading.Event()
    call = asyncio.create_task(DaemonThreads("x", 1).run(lambda: (started.set(), threading.Event().wait())))
    await asyncio.to_thread(started.wait)
    call.cancel()

asyncio.run(main())
print("ended")
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert (result.stdout, result.stderr) == ("ended\n", "")
