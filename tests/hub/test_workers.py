"""A level is in force when every process has it, and what processes have counted stays when they go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corvo_agent.errors import NotFound
from corvo_agent.framing import pack
from corvo_agent.hub.workers import Workers
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelSource, LevelState
from corvo_agent.modules.announcing.endpoint import AppliedLevel
from corvo_agent.stats.variables import DROPPED, MAX_KEYS, Int
from tests.hub.kit import PATIENCE, connected, hub, stubs
from tests.levels.kit import untouched_levels
from tests.stub.kit import runtime_folder

DEBUG = LevelState(Level.DEBUG, LevelSource.LOG_LEVEL)


@pytest.fixture
def folder() -> Iterator[Path]:
    with runtime_folder() as made, untouched_levels():
        yield made


async def becomes(workers: Workers, true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        moved = asyncio.Event()
        workers.changed = moved.set
        while not true():
            moved.clear()
            await moved.wait()


async def test_a_level_is_applied_when_all_have_it(folder: Path) -> None:
    async with hub(folder) as (workers, place), stubs(workers, place, 2):
        workers.apply(DEBUG)
        assert workers.fault().startswith("2 of 2 processes") or workers.fault() == ""
        await becomes(workers, lambda: all(worker.applied == 1 for worker in workers.connected))
        assert (workers.fault(), logging.root.level) == ("", logging.DEBUG)
        levels = [worker.level for worker in workers.announced(AppliedLevel("Debug"))]
        assert [level.level for level in levels if level is not None] == ["Debug", "Debug"]
    assert logging.root.level == logging.WARNING


async def test_one_that_does_not_take_it_is_named(folder: Path) -> None:
    async with hub(folder) as (workers, place):
        reader, writer = await asyncio.open_unix_connection(place.socket)
        writer.write(pack({"t": "hello", "values": {}, "level": True}))
        await connected(workers, 1)
        workers.apply(DEBUG)
        writer.write(pack({"t": "applied", "seq": 1, "fault": "its loggers are strange"}))
        await becomes(workers, lambda: "its loggers are strange" in workers.fault())
        assert workers.fault().startswith("1 of 1 processes: worker 1 (pid ")
        writer.close()
        await connected(workers, 0)
        assert (workers.fault(), reader.at_eof()) == ("", False)


async def test_what_a_process_has_keeps_until_the_level_is_known(folder: Path) -> None:
    async with hub(folder) as (workers, place):
        workers.hold()
        workers.apply(LevelState())
        reader, writer = await asyncio.open_unix_connection(place.socket)
        writer.write(pack({"t": "hello", "values": {}, "level": True}))
        await connected(workers, 1)
        workers.apply(DEBUG)
        workers.release()
        async with asyncio.timeout(PATIENCE):
            said = await reader.readuntil(b'"seq":2')
        assert b'"seq":1' not in said
        writer.close()


async def test_processes_that_come_and_go_for_years_leave_bounded_counts(folder: Path) -> None:
    async with hub(folder) as (workers, place):
        for process in range(4):
            _, writer = await asyncio.open_unix_connection(place.socket)
            customers = {f"customer{process}-{number}": 1 for number in range(MAX_KEYS // 2)}
            writer.write(pack({"t": "hello", "values": {"customers": customers}, "level": True}))
            await connected(workers, 1)
            writer.close()
            await connected(workers, 0)
        counts = workers.gone["customers"]
        assert isinstance(counts, dict)
        assert (len(counts), counts[DROPPED]) == (MAX_KEYS + 1, MAX_KEYS)


async def test_counts_of_the_gone_stay(folder: Path) -> None:
    async with hub(folder) as (workers, place):
        async with stubs(workers, place, 2) as both:
            for each in both:
                each.publish("n", Int(3))
        await connected(workers, 0)
        assert workers.gone == {"n": 6}
        assert workers.as_json() == {"connected": 0, "came": 2, "went": 2}


async def test_workers_are_chosen_by_id_and_pid(folder: Path) -> None:
    async with hub(folder) as (workers, place), stubs(workers, place, 2):
        pid = workers.connected[0].pid
        assert [worker.id for worker in workers.choose("2", "shop")] == ["2"]
        assert [worker.id for worker in workers.choose(f"pid:{pid}", "shop")] == ["1", "2"]
        assert workers.choose("", "shop") == workers.choose("all", "shop") == workers.connected
        with pytest.raises(NotFound, match="there are 1, 2"):
            workers.choose("3", "shop")


@pytest.mark.parametrize(
    "said", [b"\xff" * 64, pack({"t": "applied"}), pack({"t": "hello"}), b"\0\0\0\3\0\0\0\0[1]", b"\0\0\0\1\0\0\0\0{"]
)
async def test_what_is_no_stub_is_left(folder: Path, said: bytes) -> None:
    async with hub(folder) as (workers, place):
        reader, writer = await asyncio.open_unix_connection(place.socket)
        writer.write(said)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
        assert len(workers) == 0
        writer.close()
