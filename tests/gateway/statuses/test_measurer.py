"""What is looked at is measured, once for all who look, and nothing else is."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

import pytest

from corvo_agent.gateway.statuses.measurer import Measurer
from corvo_agent.overview.measuring import Measured
from corvo_agent.overview.recent_errors import RecentErrors


class Agents:
    """Counts questions; ``hold`` keeps their answers back."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.under_way = self.most = 0
        self.full = asyncio.Event()
        self.free = asyncio.Event()
        self.free.set()
        self.changed: asyncio.Queue[str] = asyncio.Queue()

    async def ask(self, name: str, recent: RecentErrors) -> Measured:
        self.asked[name] += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if self.under_way == 3:
            self.full.set()
        try:
            await self.free.wait()
            if name == "faulty":
                raise ZeroDivisionError(name)
            return Measured(self.asked[name], self.asked[name])
        finally:
            self.under_way -= 1

    def measurer(self, **more: float) -> Measurer:
        return Measurer(self.ask, self.changed.put_nowait, **more)  # type: ignore[arg-type]

    async def until(self, name: str, times: int) -> None:
        async with asyncio.timeout(30):
            while self.asked[name] < times:
                await self.changed.get()


async def test_two_who_look_cost_as_much_as_one_and_none_costs_nothing() -> None:
    agents = Agents()
    async with agents.measurer(every=0.02) as measurer:
        assert measurer.get("a") is None
        measurer.look(["a"])
        measurer.look(["a", "b"])
        await agents.until("a", 5)
        # However many look, one agent is asked as often as another.
        assert abs(agents.asked["a"] - agents.asked["b"]) <= 1
        measurer.look_away(["a", "b"])
        await agents.until("a", agents.asked["a"] + 2)
        measurer.look_away(["a"])
        assert len(measurer) == 0
        told = agents.asked.total()
        measurer.look(["c"])
        await agents.until("c", 3)
        # One question to each may have been under way.
        assert agents.asked.total() - agents.asked["c"] - told <= 2
        assert measurer.get("c") is not None


async def test_no_more_than_so_many_are_asked_at_once() -> None:
    agents = Agents()
    agents.free.clear()
    async with agents.measurer(every=60, at_once=3) as measurer:
        waiting = asyncio.create_task(measurer.refresh([str(number) for number in range(20)], 30))
        await asyncio.wait_for(agents.full.wait(), 30)
        agents.free.set()
        await waiting
    assert (agents.most, len(agents.asked), agents.asked.most_common(1)[0][1]) == (3, 20, 1)


async def test_what_was_just_measured_is_not_measured_anew() -> None:
    agents = Agents()
    async with agents.measurer(every=60) as measurer:
        await measurer.refresh(["a"], 30)
        await measurer.refresh(["a"], 30)
        assert agents.asked == {"a": 1}


async def test_who_waits_in_vain_waits_no_longer_than_it_said() -> None:
    agents = Agents()
    agents.free.clear()
    async with agents.measurer() as measurer:
        await measurer.refresh(["a"], 0.01)
        assert measurer.get("a") is None


async def test_a_fault_of_ours_is_logged_and_the_others_are_measured(caplog: pytest.LogCaptureFixture) -> None:
    agents = Agents()
    with caplog.at_level(logging.CRITICAL):
        async with agents.measurer() as measurer:
            await measurer.refresh(["faulty", "a"], 30)
            assert measurer.get("faulty") is None
            assert measurer.get("a") is not None
