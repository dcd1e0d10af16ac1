"""Rings of tasks are found wherever one starts to look, once each and no more than can be read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from corvo_agent.profiles import task_views
from corvo_agent.profiles.naming import FunctionNames
from corvo_agent.profiles.pace import Pace
from corvo_agent.profiles.task_views import TaskTable


class Named:
    """As much of a task as a table of tasks needs for rings."""

    def __init__(self, name: str) -> None:
        self._name = name

    def get_name(self) -> str:
        return self._name


def table(**waits: str) -> TaskTable:
    """Tasks of one letter, and for which others each one waits."""
    known: dict[str, Any] = {name: Named(name) for name in waits}
    made = TaskTable(FunctionNames({}), Pace())
    made.tasks = list(known.values())
    made.waits_for = [tuple(known[each] for each in waited) for waited in waits.values()]
    return made


def test_a_ring_is_told_once() -> None:
    assert table(a="b", b="c", c="a").cycles() == ["deadlock: a waits for b waits for c waits for a"]


def test_a_task_that_leads_into_a_ring_is_not_part_of_it() -> None:
    assert table(x="a", a="b", b="a").cycles() == ["deadlock: a waits for b waits for a"]


def test_a_chain_that_ends_is_no_ring_and_neither_is_one_way_out_of_two() -> None:
    assert table(a="b", b="c", c="").cycles() == []
    assert table(a="b", b="ac", c="").cycles() == []


def test_a_task_can_wait_for_itself() -> None:
    assert table(a="a").cycles() == ["deadlock: a waits for a"]


def test_there_is_an_end_to_telling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_views, "MAX_CYCLES", 2)
    assert len(table(a="a", b="b", c="c").cycles()) == 2


async def test_a_lock_that_nobody_is_inside_of_is_held_by_nobody_known() -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    made = TaskTable(FunctionNames({}), Pace())
    made.waits_on, made.waits_for = [lock, None], [(), ()]
    made.name_holders()
    assert made.waits_for == [(), ()]
