"""Callers who ask for the same share a sampler, and each gets its own time of it."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from corvo_agent.errors import ResourceExhausted, Unsupported
from corvo_agent.profiles.pacing.exclusive import Exclusive
from corvo_agent.profiles.pprof.model import Frame, Label, Sample
from corvo_agent.profiles.sampling.engine import Mode, Recording, SamplingOrder
from corvo_agent.profiles.sampling.shared import SharedSampler, Taken

WORK = Sample((Frame("work"),), (1, 5), (Label("thread", "main"),))


class Sampler:
    """An engine whose parts end when the test says so, after as many seconds as it says."""

    def __init__(self) -> None:
        self.orders: list[SamplingOrder] = []
        self.begun = asyncio.Semaphore(0)
        self._ends: asyncio.Queue[float | Exception] = asyncio.Queue()

    async def record(self, order: SamplingOrder) -> Taken:
        self.orders.append(order)
        self.begun.release()
        lasted = await self._ends.get()
        if isinstance(lasted, Exception):
            raise lasted
        notes = ("cost is of 2 processors", f"{lasted:g} s used")
        return Recording("it", [WORK], 7, round(lasted * 1e9), 9, 100, 50, 1, 2.0, notes), ["chosen"]

    async def end(self, lasted: float | Exception) -> None:
        await self.begun.acquire()
        self._ends.put_nowait(lasted)


def asked(shared: SharedSampler, sampler: Sampler, seconds: float, **order: object) -> asyncio.Task[Taken]:
    wanted = SamplingOrder(seconds, **order)  # type: ignore[arg-type]
    return asyncio.create_task(shared.record("auto", wanted, sampler.record, 0.05))


async def test_one_alone_gets_what_the_engine_gave() -> None:
    shared, sampler = SharedSampler(Exclusive("profiles")), Sampler()
    alone = asked(shared, sampler, 2)
    await sampler.end(2)
    recording, notes = await alone
    assert (recording.notes, notes, [each.seconds for each in sampler.orders]) == (
        ("cost is of 2 processors", "2 s used"),
        ["chosen"],
        [2],
    )


async def test_one_that_comes_later_cuts_the_part_and_both_get_the_parts_of_their_times() -> None:
    shared, sampler = SharedSampler(Exclusive("profiles")), Sampler()
    long = asked(shared, sampler, 20)
    await sampler.begun.acquire()
    short = asked(shared, sampler, 2)
    while not sampler.orders[0].is_over:  # noqa: ASYNC110 - the engine is not told by an event of asyncio
        await asyncio.sleep(0)
    sampler.begun.release()
    await sampler.end(5)
    await sampler.end(2)
    assert (await short)[0].duration_ns == 2e9
    await sampler.end(13)
    whole = (await long)[0]
    assert [each.seconds for each in sampler.orders] == [20, 2, 13]
    assert (whole.duration_ns, whole.asked, whole.taken, whole.errors, whole.cost) == (20e9, 300, 150, 3, 2.0)
    assert whole.samples == [WORK._replace(values=(3, 15))]
    assert whole.notes == (
        "in 3 parts, between which nothing was seen: others were profiling the process, too",
        "cost is of 2 processors",
        "13 s used (so the last of 3 parts that say this)",
    )


async def test_those_who_ask_for_something_else_take_turns() -> None:
    shared, sampler = SharedSampler(Exclusive("profiles")), Sampler()
    first = asked(shared, sampler, 2)
    with pytest.raises(ResourceExhausted, match="profiles: at most 1"):
        await asked(shared, sampler, 2, mode=Mode.WALL)
    await sampler.end(2)
    await first
    other = asked(shared, sampler, 2, mode=Mode.WALL)
    await sampler.end(2)
    await other


async def test_a_failure_is_told_to_all_and_the_next_one_begins_anew() -> None:
    shared, sampler = SharedSampler(Exclusive("profiles")), Sampler()
    both = [asked(shared, sampler, 2), asked(shared, sampler, 3)]
    await sampler.end(Unsupported("it", "no"))
    assert [type(each) for each in await asyncio.gather(*both, return_exceptions=True)] == [Unsupported] * 2
    third = asked(shared, sampler, 1)
    await sampler.end(1)
    await third


async def test_what_ends_by_itself_is_not_begun_again() -> None:
    shared, sampler = SharedSampler(Exclusive("profiles")), Sampler()
    asking = asked(shared, sampler, 20)
    await sampler.end(3)
    assert (await asking)[0].duration_ns == 3e9


async def test_one_that_is_cancelled_does_not_take_the_others_along_and_the_last_leaves_nothing() -> None:
    exclusive = Exclusive("profiles")
    shared, sampler = SharedSampler(exclusive), Sampler()
    first, second = asked(shared, sampler, 2), asked(shared, sampler, 3)
    await sampler.begun.acquire()
    first.cancel()
    await asyncio.wait({first})
    assert exclusive.taken
    second.cancel()
    await asyncio.wait({second})
    assert not exclusive.taken
    again = asyncio.create_task(partial(shared.record, "auto", SamplingOrder(1), sampler.record, 0.05)())
    await sampler.end(1)
    await again
