"""enable-trace switches all recorders together, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import threading
import tracemalloc

from corvo_agent.profiles.pacing.loops import Loops
from corvo_agent.profiles.recording.recorders import Recorders

from ..spawn import until


def watchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "corvo-contention"]


async def test_on_and_off_again_leaves_everything_as_it_was() -> None:
    recorders = Recorders()
    loop, start = asyncio.get_running_loop(), threading.Thread.start
    for _ in range(2):
        recorders.enable(True)
        recorders.enable(True)
        assert recorders.enabled
        assert tracemalloc.is_tracing()
        assert loop.get_task_factory() is not None
        assert threading.Thread.start is not start
        assert len(watchers()) == 1
        recorders.enable(False)
        recorders.enable(False)
        assert not recorders.enabled
        assert not tracemalloc.is_tracing()
        assert loop.get_task_factory() is None
        assert threading.Thread.start is start
        assert watchers() == []


async def test_a_loop_in_another_thread_is_recorded_in_its_thread() -> None:
    loops = Loops()
    ready, end = threading.Event(), threading.Event()
    other: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        other.append(asyncio.get_running_loop())
        loops.watch_running()
        ready.set()
        await until(end.is_set)

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    ready.wait()
    recorders = Recorders(loops)
    recorders.enable(True)
    await until(lambda: other[0].get_task_factory() is not None)
    recorders.enable(False)
    await until(lambda: other[0].get_task_factory() is None)
    end.set()
    thread.join()
