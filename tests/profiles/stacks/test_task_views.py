"""Rings of tasks are found wherever one starts to look, once each and no more than can be read."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from corvo_agent.profiles.pacing.loops import WatchedLoop
from corvo_agent.profiles.pacing.pace import Pace
from corvo_agent.profiles.pprof.model import Label
from corvo_agent.profiles.stacks import task_views
from corvo_agent.profiles.stacks.naming import FunctionNames
from corvo_agent.profiles.stacks.task_views import TaskTable


def table(state: str = "waiting: tasks", **waits: str) -> TaskTable:
    """Tasks of one letter, and for which others each one waits."""
    made = TaskTable(FunctionNames({}), Pace(), lambda task: ())
    made.names = {ord(name): name for name in waits}
    made.tasks = list(made.names)
    made.awaited = [tuple(map(ord, awaited)) for awaited in waits.values()]
    made.states = [state] * len(waits)
    return made


def test_a_ring_is_told_once() -> None:
    assert table(a="b", b="c", c="a").cycles() == ["deadlock: a waits for b waits for c waits for a"]


def test_a_task_that_leads_into_a_ring_is_not_part_of_it() -> None:
    assert table(x="a", a="b", b="a").cycles() == ["deadlock: a waits for b waits for a"]


def test_a_chain_that_ends_is_no_ring_and_neither_is_one_way_out_of_two() -> None:
    assert table(a="b", b="c", c="").cycles() == []
    assert table(a="b", b="ac", c="").cycles() == []


def test_who_waits_for_all_of_several_waits_for_each_of_them() -> None:
    for state in ("waiting: gather", "waiting: task group"):
        assert table(state, a="xb", b="ca", c="", x="").cycles() == ["deadlock: a waits for b waits for a"]
        assert table(state, a="bc", b="d", c="d", d="").cycles() == []
        # Both rings lead through b.
        assert len(table(state, a="b", b="ac", c="b").cycles()) in (1, 2)


def test_a_task_can_wait_for_itself() -> None:
    assert table(a="a").cycles() == ["deadlock: a waits for a"]


def test_there_is_an_end_to_telling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_views, "MAX_CYCLES", 2)
    assert len(table(a="a", b="b", c="c").cycles()) == 2


def test_a_lock_that_nobody_is_inside_of_is_held_by_nobody_known() -> None:
    made = TaskTable(FunctionNames({}), Pace(), lambda task: ())
    made.locks, made.awaited = [0x42, 0], [(7,), (8,)]
    made.name_holders()
    assert made.awaited == [(), (8,)]


async def test_a_task_that_ends_while_others_are_looked_at_is_not_kept() -> None:
    seen: list[str] = []
    ended = asyncio.Event()

    def look_at(task: asyncio.Task[None]) -> tuple[Label, ...]:
        seen.append(task.get_name())
        return ()

    tasks = [asyncio.create_task(ended.wait(), name=f"t{index}") for index in range(3)]
    await asyncio.sleep(0)
    last = weakref.ref(tasks[0])
    made = TaskTable(FunctionNames({}), Pace(), look_at)
    made.add_loop(WatchedLoop(asyncio.get_running_loop(), 0))
    ended.set()
    await asyncio.gather(*tasks)
    tasks.clear()
    await asyncio.sleep(0)
    gc.collect()
    assert last() is None
    assert {"t0", "t1", "t2"} <= set(seen)
    assert len(made.tasks) == len(seen)
