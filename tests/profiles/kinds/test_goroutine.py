"""Every thread and every task is shown with what it waits for, also while the loop is stuck."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.kinds.goroutine import GoroutineKind
from corvo_agent.profiles.pacing.loops import Loops
from corvo_agent.profiles.pprof.model import Profile, Sample
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.profiles.recording.creation_stacks import TaskCreations
from corvo_agent.profiles.stacks import task_views

from ..loads import Running, idle


def kind(loops: Loops | None = None, creations: TaskCreations | None = None) -> GoroutineKind:
    return GoroutineKind(loops or Loops(), creations or TaskCreations(), lambda: "app.py")


async def dump(of: GoroutineKind | None = None) -> Profile:
    return decode(await (of or kind()).take(ProfileRequest()))


def labelled(profile: Profile, key: str, value: str) -> Sample:
    return next(each for each in profile.samples if (key, value, "") in each.labels)


def values(sample: Sample, key: str) -> list[Any]:
    return [label.value for label in sample.labels if label.key == key]


@asynccontextmanager
async def tasks(**coroutines: Any) -> AsyncIterator[None]:
    """Tasks of those names, each run until it waits."""
    made = [asyncio.create_task(coroutine, name=name) for name, coroutine in coroutines.items()]
    for _ in range(5):
        await asyncio.sleep(0)
    try:
        yield
    finally:
        for task in made:
            task.cancel()
        await asyncio.gather(*made, return_exceptions=True)


async def never() -> None:
    await asyncio.get_running_loop().create_future()


async def test_threads_have_their_names_stacks_and_states() -> None:
    with Running(idle, 2):
        profile = await dump()
    sample = labelled(profile, "thread", "idle-1")
    assert any(frame.function.endswith("loads.idle") for frame in sample.stack)
    assert values(sample, "state") == ["waiting"]
    assert profile.program == "app.py"


async def outer() -> None:
    await never()


async def test_tasks_have_their_await_chain_leaf_first() -> None:
    async with tasks(waiter=outer()):
        profile = await dump()
    sample = labelled(profile, "task", "waiter")
    assert [frame.function.rpartition(".")[2] for frame in sample.stack] == ["never", "outer"]
    assert values(sample, "state") == ["waiting: future"]


async def hold_both(first: asyncio.Lock, second: asyncio.Lock) -> None:
    async with first:
        await asyncio.sleep(0)
        async with second:
            pass


async def test_two_tasks_that_wait_for_each_others_lock_are_named() -> None:
    left, right = asyncio.Lock(), asyncio.Lock()
    async with tasks(ann=hold_both(left, right), bob=hold_both(right, left)):
        profile = await dump()
    ring = {"deadlock: ann waits for bob waits for ann", "deadlock: bob waits for ann waits for bob"}
    assert len(ring & set(profile.comments)) == 1
    ann, bob = labelled(profile, "task", "ann"), labelled(profile, "task", "bob")
    assert values(ann, "waits_for") == [f"Lock at {id(right):#x}", "bob"]
    assert values(bob, "waits_for") == [f"Lock at {id(left):#x}", "ann"]


async def wait_for(name: str) -> None:
    await asyncio.sleep(0)
    await asyncio.wait({task for task in asyncio.all_tasks() if task.get_name() == name})


async def gather_named(*names: str) -> None:
    await asyncio.sleep(0)
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() in names))


async def wait_shielded(name: str) -> None:
    await asyncio.sleep(0)
    (task,) = [task for task in asyncio.all_tasks() if task.get_name() == name]
    await asyncio.wait_for(asyncio.shield(task), 60)


async def test_a_ring_leads_through_everything_that_waits_for_all() -> None:
    ring = {"one": gather_named("two", "innocent"), "two": wait_shielded("one"), "innocent": never()}
    async with tasks(**ring):
        profile = await dump()
    assert [each for each in profile.comments if each.startswith("deadlock")] in (
        ["deadlock: one waits for two waits for one"],
        ["deadlock: two waits for one waits for two"],
    )


async def complete_named(*names: str) -> None:
    await asyncio.sleep(0)
    for each in asyncio.as_completed([task for task in asyncio.all_tasks() if task.get_name() in names]):
        await each


async def hold_and_group(lock: asyncio.Lock) -> None:
    async with lock, asyncio.TaskGroup() as group:
        group.create_task(acquire(lock), name="member")


async def acquire(lock: asyncio.Lock) -> None:
    await lock.acquire()


async def test_a_ring_leads_through_a_task_group_and_the_lock_around_it() -> None:
    async with tasks(parent=hold_and_group(asyncio.Lock())):
        profile = await dump()
    ring = {"deadlock: parent waits for member waits for parent", "deadlock: member waits for parent waits for member"}
    assert len(ring & set(profile.comments)) == 1


async def test_a_ring_leads_through_the_last_one_that_is_to_be_completed() -> None:
    async with tasks(one=complete_named("two"), two=wait_shielded("one")):
        profile = await dump()
    assert len([each for each in profile.comments if each.startswith("deadlock: ")]) == 1


async def deep(depth: int) -> None:
    await (deep(depth - 1) if depth else never())


async def test_a_chain_that_is_too_long_says_so() -> None:
    async with tasks(deep=deep(400)):
        profile = await dump()
    stack = labelled(profile, "task", "deep").stack
    assert stack[0].function == "[deeper frames left out]"
    assert stack[1].function.endswith(".deep")


async def test_a_ring_of_tasks_and_those_that_lead_into_it() -> None:
    ring = {"a": wait_for("b"), "b": wait_for("c"), "c": wait_for("b")}
    async with tasks(**ring):
        profile = await dump()
    assert [each for each in profile.comments if each.startswith("deadlock")] in (
        ["deadlock: b waits for c waits for b"],
        ["deadlock: c waits for b waits for c"],
    )
    assert values(labelled(profile, "task", "a"), "waits_for") == ["b"]


async def test_ages_are_known_while_births_are_recorded_and_bounded_from_below_otherwise() -> None:
    creations, loop = TaskCreations(), asyncio.get_running_loop()
    watcher = kind(creations=creations)
    async with tasks(old=never()):
        assert values(labelled(await dump(watcher), "task", "old"), "age_at_least") == []
        creations.enable(loop)
        async with tasks(young=never()):
            profile = await dump(watcher)
        creations.disable(loop)
    assert values(labelled(profile, "task", "old"), "age_at_least")[0] > 0
    young = labelled(profile, "task", "young")
    assert values(young, "age")[0] > 0
    assert "test_goroutine.tasks" in values(young, "created")[0]


def stick(loops: Loops, started: threading.Event, end: threading.Event) -> None:
    async def main() -> None:
        loops.watch_running()
        waiting = asyncio.create_task(never(), name="innocent")
        await asyncio.sleep(0)
        asyncio.current_task().set_name("culprit")  # type: ignore[union-attr]
        started.set()
        end.wait()
        waiting.cancel()

    asyncio.run(main())


def test_a_stuck_loop_is_seen_from_another_thread_with_the_line_that_it_is_stuck_in() -> None:
    loops, started, end = Loops(), threading.Event(), threading.Event()
    thread = threading.Thread(target=stick, args=(loops, started, end), name="service")
    thread.start()
    started.wait()
    try:
        profile = decode(kind(loops).take_now())
    finally:
        end.set()
        thread.join()
    assert any("the event loop did not answer" in comment for comment in profile.comments)
    assert values(labelled(profile, "task", "innocent"), "state") == ["waiting: future"]
    culprit = labelled(profile, "task", "culprit")
    assert values(culprit, "state") == ["running"]
    assert values(culprit, "thread") == ["service"]
    assert any(frame.function.endswith("stick.<locals>.main") for frame in culprit.stack)
    assert culprit.stack[0].filename.endswith("threading.py")


async def test_a_loop_that_turns_is_not_called_stuck() -> None:
    # On a machine that stands still it may not answer in time; a look that finds it turning has to come.
    while any("did not answer" in comment for comment in (await dump()).comments):
        pass


def test_a_loop_that_does_not_run_is_not_called_stuck() -> None:
    loops, loop = Loops(), asyncio.new_event_loop()
    loops.watch(loop, threading.get_ident())
    try:
        assert decode(kind(loops).take_now()).comments == ()
    finally:
        loop.close()


async def test_ten_thousand_tasks_are_all_there() -> None:
    many = [asyncio.create_task(outer()) for _ in range(10_000)]
    await asyncio.sleep(0)
    profile = await dump()
    assert sum(1 for each in profile.samples if each.stack and each.stack[-1].function.endswith(".outer")) == 10_000
    for task in many:
        task.cancel()
    await asyncio.gather(*many, return_exceptions=True)


async def test_tasks_past_the_bound_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_views, "MAX_TASKS", 3)
    async with tasks(**{f"t{index}": never() for index in range(5)}):
        profile = await dump()
    assert profile.comments[0] == "3 tasks left out"


async def test_a_loop_that_is_closed_meanwhile_is_no_fault() -> None:
    loops, loop = Loops(), asyncio.new_event_loop()
    loops.watch(loop, 1)
    of = kind(loops)
    before = time.monotonic()
    closing = threading.Thread(target=loop.close)
    closing.start()
    profile = await dump(of)
    closing.join()
    assert time.monotonic() >= before
    assert list(profile.samples)
