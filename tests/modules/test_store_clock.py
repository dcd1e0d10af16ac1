"""The time of the store, where it is known and surely another one."""

from __future__ import annotations

import pytest

from corvo_agent.modules.deferred import DeferredStore
from corvo_agent.modules.kv import ClockDifference
from corvo_agent.modules.store import ModuleStore
from corvo_agent.modules.store_clock import StoreClock
from corvo_agent.testing import FakeClock, MemoryStore


class ElsewhereStore(MemoryStore):
    """A store whose clock is another one."""

    difference: ClockDifference | None = None

    def clock_difference(self) -> ClockDifference | None:
        return self.difference


@pytest.mark.parametrize(
    ("difference", "ahead", "doubt"),
    [
        (None, 0, 0),
        (ClockDifference(-3600.5, 0.25), -3600.5, 0.25),
        (ClockDifference(12.0, 0.5), 12.0, 0.5),
        (ClockDifference(0.4, 0.5), 0, 0.5),
    ],
)
async def test_it_is_corrected_by_what_is_known(difference: ClockDifference | None, ahead: float, doubt: float) -> None:
    ours, store = FakeClock(), ElsewhereStore()
    store.difference = difference
    clock = StoreClock(ours, ModuleStore(store))
    assert clock.time_ns() - ours.time_ns() == ahead * 10**9
    assert clock.doubt() == doubt
    assert clock.monotonic() == ours.monotonic()


@pytest.mark.parametrize("store", [None, ModuleStore(MemoryStore())])
def test_without_another_clock_it_is_ours(store: ModuleStore | None) -> None:
    ours = FakeClock()
    clock = StoreClock(ours, store)
    assert (clock.time_ns(), clock.doubt()) == (ours.time_ns(), 0)


async def test_a_store_that_is_not_made_yet_has_no_clock() -> None:
    ours, made = FakeClock(), ElsewhereStore()
    made.difference = ClockDifference(60, 1)
    async with DeferredStore(lambda: made) as store:
        clock = StoreClock(ours, ModuleStore(store))
        assert clock.time_ns() == ours.time_ns()
        await store.get("a")
        assert clock.time_ns() - ours.time_ns() == 60 * 10**9
