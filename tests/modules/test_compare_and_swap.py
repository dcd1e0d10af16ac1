"""A write that loses against another client is tried again, a bounded number of times; nothing else is."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.errors import NotFound, VersionConflict
from corvo_agent.modules.compare_and_swap import compare_and_swap
from corvo_agent.testing import FakeClock


class Register:
    """A number that other clients change ``losses`` times between a read and the write after it."""

    def __init__(self, losses: int = 0) -> None:
        self.value = 0
        self.losses = losses
        self.reads = 0

    async def read(self) -> int:
        self.reads += 1
        return self.value

    async def write(self, old: int) -> int:
        if self.losses:
            self.losses -= 1
            self.value += 10
        if old != self.value:
            raise VersionConflict("the register", old, self.value)
        self.value = old + 1
        return self.value


async def settled(clock: FakeClock, work: asyncio.Task[int]) -> None:
    """Let the time pass that ``work`` waits for."""
    while not work.done():
        await clock.advance(0.5)


async def test_a_write_without_rivals_happens_once() -> None:
    register = Register()
    assert await compare_and_swap(register.read, register.write) == 1
    assert register.reads == 1


async def test_every_loss_is_followed_by_a_new_look() -> None:
    clock, register = FakeClock(), Register(losses=3)
    work = asyncio.create_task(compare_and_swap(register.read, register.write, clock=clock))
    await settled(clock, work)
    assert (work.result(), register.reads) == (31, 4)


async def test_the_last_loss_is_raised() -> None:
    clock, register = FakeClock(), Register(losses=9)
    work = asyncio.create_task(compare_and_swap(register.read, register.write, attempts=3, clock=clock))
    await settled(clock, work)
    assert isinstance(work.exception(), VersionConflict)
    assert register.reads == 3


@pytest.mark.parametrize("error", [VersionConflict("the caller's", 1, 2), NotFound("register", "x")])
async def test_what_reading_refuses_is_not_asked_again(error: Exception) -> None:
    register = Register()

    async def read() -> int:
        register.reads += 1
        raise error

    with pytest.raises(type(error)):
        await compare_and_swap(read, register.write)
    assert register.reads == 1
