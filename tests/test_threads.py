"""Blocking functions run off the loop, bounded, and the process does not wait for one that hangs."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from corvo_agent.errors import ResourceExhausted, Unavailable
from corvo_agent.threads import DaemonThreads, ThreadPool, in_thread, result_of, start_thread


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


async def test_a_pool_uses_its_threads_again_and_never_more_than_its_limit() -> None:
    pool = ThreadPool("the pool", "pooled", 2)
    first = await result_of(pool.submit(threading.current_thread))
    # The thread that has just ended its function may not be idle yet: a second one may start, a third one not.
    found = {await result_of(pool.submit(threading.current_thread)) for _ in range(20)} | {first}
    assert {thread.name for thread in found} <= {"pooled_0", "pooled_1"}
    pool.close()
    for thread in found:
        await asyncio.to_thread(thread.join)


async def test_a_pool_runs_what_waits_in_order() -> None:
    pool, go_on, order = ThreadPool("the pool", "pooled", 1), threading.Event(), list[int]()
    first = pool.submit(go_on.wait)
    calls = [pool.submit(partial(order.append, number)) for number in range(5)]
    go_on.set()
    assert await result_of(first)
    for call in calls:
        await result_of(call)
    assert order == [0, 1, 2, 3, 4]
    pool.close()


async def test_a_call_that_is_cancelled_before_its_turn_is_never_made() -> None:
    pool, started, go_on, made = ThreadPool("the pool", "pooled", 1), threading.Event(), threading.Event(), list[int]()

    def wait() -> None:
        started.set()
        go_on.wait()

    first = pool.submit(wait)
    await asyncio.to_thread(started.wait)
    second = asyncio.create_task(result_of(pool.submit(lambda: made.append(1))))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    go_on.set()
    await result_of(first)
    await result_of(pool.submit(lambda: None))
    assert made == []
    pool.close()


async def test_a_closed_pool_does_what_is_queued_and_takes_no_more() -> None:
    pool, go_on = ThreadPool("the pool", "pooled", 1), threading.Event()
    first, second = pool.submit(go_on.wait), pool.submit(lambda: 7)
    pool.close()
    pool.close()
    with pytest.raises(Unavailable, match="the pool"):
        pool.submit(lambda: 8)
    go_on.set()
    assert await result_of(first)
    assert await result_of(second) == 7


async def test_the_threads_of_a_pool_that_was_dropped_end() -> None:
    pool = ThreadPool("the pool", "pooled", 1)
    thread = await result_of(pool.submit(threading.current_thread))
    del pool
    gc.collect()
    await asyncio.to_thread(thread.join)


async def test_a_result_is_handed_over_inside_what_surrounds_its_delivery() -> None:
    seen, future = list[str](), None

    @contextlib.contextmanager
    def delivery() -> Iterator[None]:
        seen.append("before")
        yield
        seen.append("after" if future is not None and future.done() else "too early")

    go_on = threading.Event()
    future = start_thread(lambda: (go_on.wait(), threading.current_thread())[1], "delivers", delivery)
    go_on.set()
    await asyncio.to_thread((await result_of(future)).join)
    assert seen == ["before", "after"]
    assert await in_thread(lambda: threading.current_thread().name, "named") == "named"


def test_a_loop_that_closed_meanwhile_hears_of_nothing() -> None:
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
from corvo_agent.threads import DaemonThreads

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
