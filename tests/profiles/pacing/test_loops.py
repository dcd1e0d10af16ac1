"""The loops that are looked at, and the names of their tasks."""

from __future__ import annotations

import asyncio
import threading

from corvo_agent.profiles.pacing.loops import Loops, task_label


async def test_the_running_loop_is_watched_once() -> None:
    loops = Loops()
    loops.watch_running()
    loops.watch_running()
    (watched,) = loops
    assert watched.loop is asyncio.get_running_loop()
    assert watched.current_task() is asyncio.current_task()
    assert loops.in_thread(threading.get_ident()) == watched
    assert loops.in_thread(0) is None


def test_without_a_running_loop_nothing_is_watched() -> None:
    loops = Loops()
    loops.watch_running()
    assert list(loops) == []


def test_a_closed_loop_is_forgotten_and_one_that_moves_is_known_by_its_new_thread() -> None:
    loops = Loops()
    loop = asyncio.new_event_loop()
    loops.watch(loop, 1)
    loops.watch(loop, 2)
    assert [watched.thread for watched in loops] == [2]
    loop.close()
    assert list(loops) == []


async def test_a_task_is_called_as_it_was_named_else_as_its_coroutine() -> None:
    async def work() -> None:
        pass

    named, unnamed = asyncio.create_task(work(), name="poller"), asyncio.create_task(work())
    assert task_label(named) == "poller"
    assert task_label(unnamed).endswith("work")
    await asyncio.gather(named, unnamed)
