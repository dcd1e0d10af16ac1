"""Followed logs in the order of their times: what comes in time is in order, what does not is not lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.cli.logs import reorder_buffer
from corvo_agent.cli.logs.reorder_buffer import ReorderBuffer
from corvo_agent.testing import FakeClock
from corvo_agent.timestamps import format_rfc3339

SECOND = 10**9
START = 1_800_000_000 * SECOND


def record(seconds: float) -> dict[str, str]:
    return {"ts": format_rfc3339(START + round(seconds * SECOND)), "msg": f"{seconds:g}"}


class Shown:
    """What was shown, as ``name:message``."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, records: list[tuple[str, dict[str, str]]]) -> None:
        self.lines += [f"{name}:{record['msg']}" for name, record in records]


@asynccontextmanager
async def buffered(clock: FakeClock, span: float = 0.3) -> AsyncIterator[tuple[ReorderBuffer, Shown]]:
    shown = Shown()
    buffer = ReorderBuffer(shown, span=span, clock=clock)
    task = asyncio.create_task(buffer.run())
    try:
        yield buffer, shown
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_lines_of_two_modules_are_put_in_order() -> None:
    clock = FakeClock()
    async with buffered(clock) as (logs, shown):
        logs.add("a", [record(1), record(3)])
        await clock.advance(0.2)
        logs.add("b", [record(2), record(4)])
        await clock.advance(0.05)
        assert shown.lines == []
        await clock.advance(0.1)
        # What is due, and what has to be before it; the last one still waits.
        assert shown.lines == ["a:1", "b:2", "a:3"]
        await clock.advance(0.2)
        assert shown.lines == ["a:1", "b:2", "a:3", "b:4"]


async def test_what_comes_too_late_is_shown_all_the_same() -> None:
    clock = FakeClock()
    async with buffered(clock) as (logs, shown):
        logs.add("a", [record(5)])
        await clock.advance(1)
        logs.add("b", [record(2)])
        await clock.advance(1)
    assert shown.lines == ["a:5", "b:2"]


async def test_one_module_keeps_its_order_and_lines_without_a_time_stay_behind_theirs() -> None:
    clock = FakeClock()
    async with buffered(clock) as (logs, shown):
        logs.add("a", [record(5), {"msg": "raw"}, record(3)])
        logs.add("b", [record(4)])
        await clock.advance(1)
    assert shown.lines == ["b:4", "a:5", "a:raw", "a:3"]


async def test_the_first_lines_of_those_expected_are_waited_for() -> None:
    clock = FakeClock()
    async with buffered(clock) as (logs, shown):
        for name in ("a", "b", "c"):
            logs.expect(name)
        logs.add("a", [record(2)])
        await clock.advance(1)
        logs.add("b", [record(1)])
        logs.add("c", [])
        await clock.advance(0.4)
        assert shown.lines == ["b:1", "a:2"]


async def test_but_not_for_ever() -> None:
    clock = FakeClock()
    async with buffered(clock, span=0) as (logs, shown):
        logs.expect("silent")
        logs.add("a", [record(2)])
        await clock.advance(2.5)
        assert shown.lines == []
        await clock.advance(1)
        assert shown.lines == ["a:2"]
        logs.add("a", [record(3)])
        await clock.advance(0)
        assert shown.lines == ["a:2", "a:3"]


async def test_so_many_wait_and_no_more() -> None:
    clock = FakeClock()
    async with buffered(clock) as (logs, shown):
        most = reorder_buffer._MOST
        logs.add("a", [record(number) for number in range(most + 5)])
        assert shown.lines == ["a:0", "a:1", "a:2", "a:3", "a:4"]
        logs.flush()
        assert len(shown.lines) == most + 5


async def test_what_waits_is_shown_at_the_end_as_far_as_there_is_room() -> None:
    clock = FakeClock()
    async with buffered(clock) as (logs, shown):
        logs.add("a", [record(number) for number in range(100)])
        room = iter([True, False])
        logs.flush(lambda: next(room))
        assert shown.lines == [f"a:{number}" for number in range(reorder_buffer._AT_ONCE)]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 29), st.integers(0, 29)),
        max_size=30,
    )
)
def test_lines_that_are_late_by_less_than_the_span_come_in_order(lines: list[tuple[str, int, int]]) -> None:
    """Each is (module, time, delay), in hundredths of a second; a module's own lines arrive in their order."""
    written: dict[str, list[tuple[int, int]]] = {}
    for name, time, delay in sorted(lines, key=lambda line: line[1]):
        own = written.setdefault(name, [])
        arrival = max(time + delay, own[-1][1] if own else 0)
        own.append((time, arrival))
    arrivals = sorted((arrival, name, time) for name, own in written.items() for time, arrival in own)

    async def play() -> list[str]:
        clock = FakeClock()
        async with buffered(clock, span=0.3) as (logs, shown):
            now = 0
            for arrival, name, time in arrivals:
                await clock.advance((arrival - now) / 100)
                now = arrival
                logs.add(name, [record(time / 100)])
            await clock.advance(1)
        return shown.lines

    times = [float(line.partition(":")[2]) for line in asyncio.run(play())]
    assert times == sorted(times)
    assert len(times) == len(lines)
