"""The tasks of an event loop, counted by what they are doing."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import islice

#: Tasks that are looked at; the rest is counted as not looked at.
MAX_TASKS = 100_000


def task_states(loop: asyncio.AbstractEventLoop | None) -> dict[str, int]:
    """How many tasks of ``loop`` run, are ready to run, and wait; ``total`` counts all. From any thread.

    A snapshot taken while the loop goes on: a task that moves meanwhile is counted where it is met.
    """
    if loop is None or loop.is_closed():
        return {"total": 0}
    tasks = asyncio.all_tasks(loop)
    current = asyncio.current_task(loop)
    states = Counter("running" if task is current else _state(task) for task in islice(tasks, MAX_TASKS))
    if len(tasks) > MAX_TASKS:
        states["not looked at"] = len(tasks) - MAX_TASKS
    return {"total": len(tasks), **dict(sorted(states.items()))}


def _state(task: asyncio.Task[object]) -> str:
    # asyncio has no public way to ask what a task waits for; this attribute has had its meaning since Python 3.4.
    return "waiting" if getattr(task, "_fut_waiter", None) is not None else "ready"
