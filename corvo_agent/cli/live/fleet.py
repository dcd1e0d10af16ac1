"""Several modules beside each other: a row of facts each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from ...errors import CorvoError
from ...profiles.shown.amounts import quantity
from ..show.ages import age
from .monitor import Monitor, Seen

HEADERS = ("NAME", "CPU%", "MEMORY", "LAG", "TASKS", "THREADS", "LEVEL", "UPTIME", "")
#: What rows can be sorted by, in the order in which a key goes through them.
ORDERS = ("cpu", "memory", "lag", "name")


class Fleet:
    """Follows each module by a monitor of its own while it is entered; one that fails at first says why in its row."""

    def __init__(self, monitors: Mapping[str, Monitor]) -> None:
        self._monitors = dict(monitors)
        self._failed: dict[str, str] = {}
        self._moved = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Begin to look."""
        for name, monitor in self._monitors.items():
            await self._stack.enter_async_context(monitor)
            self._tasks.append(asyncio.create_task(self._follow(name, monitor), name=f"corvo-top {name}"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._stack.aclose()

    @property
    def looks(self) -> int:
        """How often each one was looked at, at least; those that failed aside."""
        there = [monitor.seen.looks for name, monitor in self._monitors.items() if name not in self._failed]
        return min(there, default=1)

    async def changed(self) -> None:
        """Wait until there is something new of any."""
        await self._moved.wait()
        self._moved.clear()

    def rows(self, order: str) -> list[tuple[str, ...]]:
        """The rows, the highest first."""
        seen = {name: monitor.seen for name, monitor in self._monitors.items()}
        names = sorted(seen, key=lambda name: (_rank(order, seen[name]), name))
        return [_row(name, seen[name], self._failed.get(name, "")) for name in names]

    async def _follow(self, name: str, monitor: Monitor) -> None:
        while True:
            try:
                await monitor.changed()
            except CorvoError as error:
                self._failed[name] = str(error)
                self._moved.set()
                return
            self._moved.set()


def _rank(order: str, seen: Seen) -> float:
    values: Mapping[str, Callable[[], Any]] = {
        "cpu": lambda: seen.facts.cpu,
        "memory": lambda: seen.facts.memory,
        "lag": lambda: seen.facts.longest_loop_lag,
        "name": lambda: 0,
    }
    return -(values[order]() or 0)


def _row(name: str, seen: Seen, failed: str) -> tuple[str, ...]:
    facts = seen.facts
    return (
        name,
        "" if facts.cpu is None else f"{facts.cpu:.1f}",
        "" if facts.memory is None else quantity(facts.memory, "bytes"),
        "" if facts.longest_loop_lag is None else f"{facts.longest_loop_lag:.2f}ms",
        "" if facts.tasks is None else str(facts.tasks.get("total", sum(facts.tasks.values()))),
        "" if facts.threads is None else str(facts.threads),
        facts.level or "",
        "" if facts.uptime is None else age(facts.uptime),
        failed or seen.problem,
    )
