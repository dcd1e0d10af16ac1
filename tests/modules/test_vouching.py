"""Renewals of a lease spare reads while nothing was written, and most of them while other keys are."""

from __future__ import annotations

from itertools import pairwise

import pytest

from corvo_agent.errors import Unavailable
from corvo_agent.modules.deferred import DeferredStore
from corvo_agent.modules.kv import HasProofs, KeyValueStore
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.vouching import Vouching
from corvo_agent.testing import FakeClock


class Owner:
    """Renews a lease, and has looked at its keys once."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore(clock=self.clock)
        self.vouching = Vouching(self.store, self.clock)
        self.known = 0
        self.cluster = self.store.cluster
        self.lease = 0

    async def look(self) -> None:
        """Read what there is."""
        asked_at = self.clock.monotonic()
        self.known = (await self.store.range("")).revision
        self.vouching.looked(asked_at)

    async def renew(self, after: float = 6.0) -> bool:
        """Renew after so many seconds; whether that spares a look."""
        await self.clock.advance(after)
        self.lease = self.lease or await self.store.grant_lease(10_000)
        await self.store.keep_lease(self.lease)
        return self.spares()

    def spares(self, since: int = 0) -> bool:
        return self.vouching.spares(self.known, self.cluster, since=since, within=10) is not None


async def test_nothing_is_spared_before_the_first_look_and_the_first_renewal() -> None:
    owner = Owner()
    assert not await owner.renew()
    await owner.clock.advance(1)
    await owner.look()
    # The renewal was before the look.
    assert not owner.spares()
    assert await owner.renew()


async def test_while_nothing_is_written_a_look_every_five_minutes_is_enough() -> None:
    owner = Owner()
    await owner.look()
    looks = 0
    for _ in range(200):
        if not await owner.renew():
            looks += 1
            await owner.look()
    assert looks == 200 * 6 // 300 - 1 or looks == 200 * 6 // 300


async def test_while_others_are_written_there_is_a_look_a_minute() -> None:
    owner = Owner()
    await owner.look()
    looks = []
    for number in range(200):
        await owner.store.put("/elsewhere", b"")
        if not await owner.renew():
            looks.append(number * 6)
            await owner.look()
    # The first write is looked after at once.
    assert looks[0] == 0
    assert all(60 <= later - before <= 78 for before, later in pairwise(looks))
    assert looks[-1] > 200 * 6 - 80


async def test_a_look_that_failed_stays_due() -> None:
    owner = Owner()
    await owner.look()
    await owner.store.put("/elsewhere", b"")
    for _ in range(3):
        assert not await owner.renew()
    await owner.look()
    assert await owner.renew()


async def test_a_renewal_that_failed_or_is_old_spares_nothing() -> None:
    owner = Owner()
    await owner.look()
    assert await owner.renew()
    await owner.clock.advance(11)
    assert not owner.spares()
    assert await owner.renew()
    owner.store.go_away()
    with pytest.raises(Unavailable):
        await owner.renew()
    owner.store.come_back()
    assert not owner.spares()
    assert await owner.renew()


async def test_other_data_and_an_older_state_are_looked_at() -> None:
    owner = Owner()
    await owner.look()
    assert await owner.renew()
    assert not owner.spares(since=owner.known + 1)
    owner.cluster = "another"
    assert not owner.spares()


async def test_a_store_that_tells_nothing_spares_nothing() -> None:
    class Silent(DeferredStore):
        """Its renewals tell nothing, as it is not made yet."""

    clock = FakeClock()
    store: KeyValueStore = Silent(MemoryStore)
    assert isinstance(store, HasProofs)
    assert store.last_proof() is None
    vouching = Vouching(store, clock)
    vouching.looked(0)
    assert vouching.spares(9, "", since=0, within=10) is None
