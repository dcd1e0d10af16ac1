"""Work beside the loop: its result, its errors, and its end when nobody waits any more."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest

from corvo_agent.profiles.pacing.pace import Cancelled, Pace, beside_loop, off_loop
from corvo_agent.profiles.pacing.switch_interval import SHORT

from ..spawn import until


async def test_the_result_comes_back_from_another_thread() -> None:
    assert await off_loop(lambda pace: threading.get_ident()) != threading.get_ident()


async def test_what_the_work_raises_is_raised() -> None:
    def fail(pace: Pace) -> None:
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        await off_loop(fail)


async def test_the_lock_is_had_quickly_while_something_is_computed_and_as_ever_before_and_after() -> None:
    # A thread that has brought its result may be about to end.
    await until(lambda: sys.getswitchinterval() > 2 * SHORT)
    usual = sys.getswitchinterval()
    assert await beside_loop(lambda pace: sys.getswitchinterval(), "corvo-test") == usual
    assert await off_loop(lambda pace: sys.getswitchinterval()) < 2 * SHORT
    await until(lambda: sys.getswitchinterval() == usual)


async def test_the_work_ends_when_its_caller_is_cancelled() -> None:
    loop = asyncio.get_running_loop()
    started, ended = asyncio.Event(), asyncio.Event()

    def forever(pace: Pace) -> None:
        loop.call_soon_threadsafe(started.set)
        try:
            while True:
                pace.breathe()
        except Cancelled:
            loop.call_soon_threadsafe(ended.set)
            raise

    task = asyncio.create_task(off_loop(forever))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ended.wait()


def test_a_result_for_a_loop_that_is_gone_is_dropped() -> None:
    go_on, threads = threading.Event(), []

    async def leave() -> None:
        started = asyncio.Event()
        loop = asyncio.get_running_loop()

        def work(pace: Pace) -> None:
            threads.append(threading.current_thread())
            loop.call_soon_threadsafe(started.set)
            go_on.wait()

        task = asyncio.create_task(off_loop(work))
        await started.wait()
        task.cancel()

    asyncio.run(leave())
    go_on.set()
    threads[0].join()


def test_items_pass_unchanged() -> None:
    assert list(Pace().over(range(1000), every=10)) == list(range(1000))
