"""One at a time, the second is refused, one that leaves is waited for, a forked child starts afresh."""

from __future__ import annotations

import asyncio
import threading

import pytest

from corvo_agent.errors import ResourceExhausted
from corvo_agent.profiles.pacing.exclusive import THIS_PROCESS, Exclusive

from ..spawn import child_says


async def test_the_second_is_refused_while_the_first_stays() -> None:
    exclusive = Exclusive("profiles", patience=0.01)
    async with exclusive.held():
        with pytest.raises(ResourceExhausted, match="profiles: at most 1"):
            async with exclusive.held():
                pass
        with pytest.raises(ResourceExhausted, match="profiles: at most 1"), exclusive.held_by_thread():
            pass
    async with exclusive.held():
        assert exclusive.taken
    with exclusive.held_by_thread():
        assert exclusive.taken
    assert not exclusive.taken


async def test_one_that_is_about_to_leave_is_waited_for() -> None:
    exclusive, came = Exclusive("profiles", patience=60), asyncio.Event()

    async def enter() -> None:
        came.set()
        async with exclusive.held():
            pass

    async with exclusive.held():
        second = asyncio.create_task(enter())
        await came.wait()
    await second


async def test_turns_come_in_the_order_of_asking_and_one_who_cannot_wait_leaves_the_line() -> None:
    exclusive, order = Exclusive("profiles", patience=0.01), list[str]()

    async def enter(name: str, patience: float | None) -> None:
        async with exclusive.held(patience):
            order.append(name)

    async with exclusive.held():
        tasks = []
        for name, patience in (("first", 60.0), ("hurried", None), ("second", 60.0)):
            tasks.append(asyncio.create_task(enter(name, patience)))
            await asyncio.sleep(0)
        with pytest.raises(ResourceExhausted):
            await tasks[1]
    await asyncio.gather(tasks[0], tasks[2])
    assert order == ["first", "second"]
    assert not exclusive.taken


def test_a_thread_waits_for_one_that_is_about_to_leave() -> None:
    exclusive, came, entered = Exclusive("profiles", patience=60), threading.Event(), threading.Event()

    def enter() -> None:
        came.set()
        with exclusive.held_by_thread():
            entered.set()

    with exclusive.held_by_thread():
        second = threading.Thread(target=enter)
        second.start()
        came.wait()
    second.join()
    assert entered.is_set()


async def test_whoever_gives_up_waiting_takes_nothing_along() -> None:
    exclusive = Exclusive("profiles", patience=60)

    async def enter() -> None:
        async with exclusive.held():
            pass

    async with exclusive.held():
        second = asyncio.create_task(enter())
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert exclusive.taken
    assert not exclusive.taken


def test_a_child_made_by_fork_is_not_held_by_what_its_parent_does() -> None:
    def can_enter() -> bool:
        with THIS_PROCESS.held_by_thread():
            return True

    with THIS_PROCESS.held_by_thread():
        assert child_says(can_enter)
