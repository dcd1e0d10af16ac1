"""One reading for all readers: it starts with the first, stops with the last, and tells them when it fails."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from corvo_agent.errors import Unsupported
from corvo_agent.logs.limits import TailLimits
from corvo_agent.logs.tail.broadcaster import Broadcaster
from corvo_agent.logs.tail.followed_file import READ
from corvo_agent.logs.tail.follower import LogFollower, Step
from corvo_agent.logs.worker import Worker
from tests.logs.tail_kit import QUICK, line


class Broken(LogFollower):
    """A follower with a defect."""

    def step(self) -> Step:
        raise ZeroDivisionError


def pump(
    worker: Worker, *patterns: Path, kind: type[LogFollower] = LogFollower, limits: TailLimits = QUICK
) -> Broadcaster:
    return Broadcaster([str(path) for path in patterns], worker, lambda path, _: kind(path, max_line=1000), limits)


async def test_it_runs_while_somebody_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(line(0))
    async with Worker() as worker:
        tail = pump(worker, path)
        for _ in range(2):
            first, positions = await tail.attach()
            second, _ = await tail.attach()
            assert [position.offset for position in positions.values()] == [path.stat().st_size]
            with path.open("ab") as file:
                file.write(line(1))
            await first.wait()
            await second.wait()
            (item,) = first.take(1000)
            assert item.count == 1
            await tail.detach(first)
            assert any(task.get_name().startswith("tail ") for task in asyncio.all_tasks())
            await tail.detach(second)
            assert not any(task.get_name().startswith("tail ") for task in asyncio.all_tasks())


async def test_a_later_reader_learns_how_far_it_has_got(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(line(0))
    async with Worker() as worker:
        tail = pump(worker, path)
        first, _ = await tail.attach()
        with path.open("ab") as file:
            file.write(line(1))
        await first.wait()
        second, positions = await tail.attach()
        assert positions[str(path)].offset == path.stat().st_size
        await tail.detach(first)
        await tail.detach(second)


async def test_lines_that_come_in_small_amounts_wait_for_a_busy_reader_too(tmp_path: Path) -> None:
    loop, fifth = asyncio.get_running_loop(), asyncio.Event()

    class Trickling(LogFollower):
        """Always says that there is no more for now."""

        found = 0

        def step(self) -> Step:
            items = super().step().items
            self.found += bool(items)
            if self.found == 5:
                loop.call_soon_threadsafe(fifth.set)
            return Step(items)

    path = tmp_path / "a.log"
    path.write_bytes(line(0))
    limits = replace(QUICK, rest=0.001, batch_seconds=0.001, buffer_bytes=4 * READ, patience=20)
    async with Worker() as worker:
        tail = pump(worker, path, kind=Trickling, limits=limits)
        buffer, _ = await tail.attach()
        with path.open("ab") as file:
            file.write(b"".join(map(line, range(50_000))))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(fifth.wait(), 0.1)
        count = 0
        while count < 50_000:
            await asyncio.wait_for(buffer.wait(), 60)
            items = buffer.take(READ)
            tail.drained()
            assert [item.remark for item in items] == [None] * len(items)
            count += sum(item.count for item in items)
        await tail.detach(buffer)


async def test_what_cannot_be_opened_is_told_and_can_be_tried_again(tmp_path: Path) -> None:
    async with Worker() as worker:
        tail = pump(worker, tmp_path)
        for _ in range(2):
            with pytest.raises(Unsupported):
                await tail.attach()


async def test_readers_hear_of_a_defect(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(line(0))
    async with Worker() as worker:
        tail = pump(worker, path, kind=Broken)
        buffer, _ = await tail.attach()
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(buffer.wait(), 60)
        again, _ = await tail.attach()
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(again.wait(), 60)
        await tail.detach(buffer)
        await tail.detach(again)


async def test_a_cancelled_start_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(line(0))
    async with Worker(threads=1) as worker:
        tail = pump(worker, path)
        busy = threading.Event()
        worker.dispatch(lambda: busy.wait(30))
        attaching = asyncio.ensure_future(tail.attach())
        await asyncio.sleep(0)
        attaching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attaching
        busy.set()
        assert len(asyncio.all_tasks()) == 1
        buffer, _ = await tail.attach()
        await tail.detach(buffer)


async def test_new_logs_of_a_pattern_are_read_from_their_beginning(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(line(0))
    async with Worker() as worker:
        tail = pump(worker, tmp_path / "*.log")
        buffer, positions = await tail.attach()
        assert list(positions) == [str(tmp_path / "a.log")]
        (tmp_path / "b.log").write_bytes(line(1) + line(2))
        await asyncio.wait_for(buffer.wait(), 60)
        (item,) = buffer.take(1000)
        assert (item.path, item.count) == (str(tmp_path / "b.log"), 2)
        await tail.detach(buffer)
