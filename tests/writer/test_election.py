"""One candidate leads at a time; another takes over when it goes, and nobody leads on a lease that may be gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from corvo_agent.modules import MemoryStore
from corvo_agent.testing import FakeClock
from corvo_agent.writer.election import Election

KEY = "/corvo/v1/leader/writer"


class Candidate:
    """An election, and who leads now and has led."""

    def __init__(self, kv: MemoryStore, name: str, clock: FakeClock, log: list[str]) -> None:
        self.name = name
        self.log = log
        self.began = asyncio.Event()
        self.ended = asyncio.Event()
        self.election = Election(kv, KEY, name, ttl=9, clock=clock)
        self.task = asyncio.ensure_future(self.election.run(self.lead))

    async def lead(self) -> None:
        self.log.append(f"+{self.name}")
        self.began.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append(f"-{self.name}")
            self.ended.set()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})


@pytest.fixture
async def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def kv(clock: FakeClock) -> AsyncIterator[MemoryStore]:
    async with MemoryStore(clock=clock) as store:
        yield store


@pytest.fixture
async def stand(kv: MemoryStore, clock: FakeClock) -> AsyncIterator[Callable[[str], Candidate]]:
    log: list[str] = []
    candidates: list[Candidate] = []

    def make(name: str) -> Candidate:
        candidates.append(Candidate(kv, name, clock, log))
        return candidates[-1]

    yield make
    for candidate in candidates:
        await candidate.stop()
    assert sorted(log) == sorted([*(f"+{c.name}" for c in candidates), *(f"-{c.name}" for c in candidates)])


async def test_the_next_one_takes_over_when_the_leader_resigns(stand: Callable[[str], Candidate]) -> None:
    first = stand("a")
    await first.began.wait()
    second = stand("b")
    assert first.log == ["+a"]
    await first.stop()
    await second.began.wait()
    assert first.log == ["+a", "-a", "+b"]
    await second.stop()


async def test_a_lease_that_somebody_ends_ends_the_lead(
    stand: Callable[[str], Candidate], kv: MemoryStore, clock: FakeClock
) -> None:
    first = stand("a")
    await first.began.wait()
    held = await kv.get(KEY)
    assert held is not None
    assert held.value == b"a"
    second = stand("b")
    await kv.revoke_lease(held.lease)
    await advance_until(clock, first.ended)
    await advance_until(clock, second.began)


async def advance_until(clock: FakeClock, event: asyncio.Event) -> None:
    while not event.is_set():
        await clock.advance(0.5)


async def test_a_leader_that_cannot_renew_gives_up_before_its_lease_ends(
    stand: Callable[[str], Candidate], kv: MemoryStore, clock: FakeClock
) -> None:
    first = stand("a")
    await first.began.wait()
    began = clock.monotonic()
    kv.go_away()
    await advance_until(clock, first.ended)
    assert clock.monotonic() - began < 9


async def test_trouble_with_the_store_never_comes_out(
    stand: Callable[[str], Candidate], kv: MemoryStore, clock: FakeClock
) -> None:
    kv.go_away()
    first = stand("a")
    for _ in range(5):
        await clock.wait_sleeping()
        await clock.advance(10)
    assert not first.began.is_set()
    kv.come_back()
    await advance_until(clock, first.began)


async def test_a_failure_of_the_work_gives_the_lead_back_and_comes_out(kv: MemoryStore, clock: FakeClock) -> None:
    async def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await Election(kv, KEY, "a", clock=clock).run(fail)
    assert await kv.get(KEY) is None
