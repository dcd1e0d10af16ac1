"""Lines of before are told once and in order, however little room there is, and within it; else it is said."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, aclosing
from functools import partial
from pathlib import Path

import pytest

from corvo_agent.diagnostics.answer_budget import AnswerBudget, AnswerRoom
from corvo_agent.diagnostics.messages.payloads import decode_logs, encode_logs
from corvo_agent.errors import ResourceExhausted
from corvo_agent.logs.lines.marker import is_marker
from corvo_agent.logs.search.packing import Packing
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.tail.tailer import LogTailer
from tests.logs.tail_kit import QUICK, line

LINES = 1200
LIMIT = 4 << 20


def write(folder: Path, names: str) -> None:
    """Logs of LINES lines in all, a second apart, in turn, each of a KiB."""
    for index, name in enumerate(names):
        numbers = range(index, LINES, len(names))
        stamps = (f"2026-11-24T10:{n // 60:02}:{n % 60:02}Z" for n in numbers)
        text = [line(f"{n:04}", ts=ts, pad="p" * 1000) for n, ts in zip(numbers, stamps, strict=True)]
        (folder / f"{name}.log").write_bytes(b"".join(text))


class Told:
    """What a reader was told, and the most bytes that were held for it while it was."""

    def __init__(self, budget: AnswerBudget) -> None:
        self.numbers: list[str] = []
        self.batches: list[int] = []
        self.most = 0
        #: Set when something is made anew.
        self.again = asyncio.Event()
        self._made = 0
        self._budget = budget

    def packing(self, room: AnswerRoom) -> Packing:
        """One that is seen."""

        def grow(size: int) -> None:
            room.grow(size)
            self.most = max(self.most, self._budget.used)

        self._made += 1
        if self._made > 1:
            self.again.set()
        return Packing(encode_logs, decode_logs, grow)

    async def read(self, tailer: LogTailer, query: LogQuery, room: AnswerRoom, until: str) -> None:
        """Read up to the line ``until``."""
        following = tailer.follow_with(query, list, room=room, packing=partial(self.packing, room))
        async with asyncio.timeout(60), aclosing(following) as batches:
            async for batch in batches:
                self.batches.append(len([each for each in batch if not is_marker(each)]))
                self.numbers += [each["n"] for each in batch if "n" in each]
                if self.numbers and self.numbers[-1] == until:
                    return


@pytest.mark.parametrize("names", ["a", "abc"])
async def test_what_is_held_is_counted_until_it_is_told(tmp_path: Path, names: str) -> None:
    write(tmp_path, names)
    budget = AnswerBudget(LIMIT)
    told = Told(budget)
    pattern = tmp_path / ("a.log" if names == "a" else "*.log")
    async with LogTailer(str(pattern), tail=QUICK) as tailer:
        with budget.room(60.0, lasting=True) as room:
            await told.read(tailer, LogQuery(lines=LINES - 50), room, f"{LINES - 1:04}")
    assert told.numbers == [f"{n:04}" for n in range(50, LINES)]
    assert max(told.batches) <= QUICK.batch_lines
    assert 0 < told.most <= LIMIT
    assert budget.used == 0


@pytest.mark.parametrize("names", ["a", "abc"])
async def test_who_finds_no_room_waits_for_it_and_is_told_all_then(tmp_path: Path, names: str) -> None:
    write(tmp_path, names)
    pattern = tmp_path / ("a.log" if names == "a" else "*.log")
    query = LogQuery(lines=LINES)
    budget = AnswerBudget(LIMIT)
    async with LogTailer(str(pattern), tail=QUICK) as tailer:
        with ExitStack() as others, budget.room(60.0, lasting=True) as room:
            other = others.enter_context(budget.room(60.0))
            await other.keep(LIMIT - 200_000)
            told = Told(budget)
            reading = asyncio.create_task(told.read(tailer, query, room, f"{LINES - 1:04}"))
            # It is made anew, in its turn, and stands still where there is no more room.
            async with asyncio.timeout(60):
                await told.again.wait()
            assert not told.numbers
            others.close()
            await reading
    assert told.numbers == [f"{n:04}" for n in range(LINES)]
    assert budget.used == 0


@pytest.mark.parametrize("names", ["a", "abc"])
async def test_who_finds_none_in_time_hears_it(tmp_path: Path, names: str) -> None:
    write(tmp_path, names)
    pattern = tmp_path / ("a.log" if names == "a" else "*.log")
    budget = AnswerBudget(LIMIT)
    async with LogTailer(str(pattern), tail=QUICK) as tailer:
        with budget.room(60.0) as other, budget.room(0.0) as room:
            await other.keep(LIMIT)
            with pytest.raises(ResourceExhausted, match="all answers that are being made"):
                await Told(budget).read(tailer, LogQuery(lines=LINES), room, "")
