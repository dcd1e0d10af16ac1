"""Loops are found in whatever thread they run."""

from __future__ import annotations

import asyncio
import importlib
import threading

import pytest

from corvo_agent.profiles.pacing.loops import Loops, WatchedLoop
from corvo_agent.profiles.pacing.running_loops import running_loops, watch_host_loops
from tests.world.machine import needs


async def test_the_loop_of_the_caller_is_found() -> None:
    assert WatchedLoop(asyncio.get_running_loop(), threading.get_ident()) in running_loops()


@pytest.mark.parametrize("maker", ["asyncio", pytest.param("uvloop", marks=needs("uvloop"))])
async def test_those_of_other_threads_are_watched(maker: str) -> None:
    factory = importlib.import_module(maker).new_event_loop
    started, ended = threading.Event(), threading.Event()

    async def wait() -> None:
        started.set()
        await asyncio.get_running_loop().run_in_executor(None, ended.wait)

    def run() -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(wait())

    thread = threading.Thread(target=run)
    thread.start()
    await asyncio.to_thread(started.wait)
    try:
        loops = Loops()
        found = watch_host_loops(loops, asyncio.get_running_loop())
        assert thread.ident in [each.thread for each in found]
        assert set(found) == set(loops)
    finally:
        ended.set()
        await asyncio.to_thread(thread.join)
