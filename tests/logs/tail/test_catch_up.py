"""Several logs are read on from where each was left, in the order of their times, however small the pages are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from corvo_agent.logs.files.cursor import Cursor, FileMark
from corvo_agent.logs.files.places import encode_places
from corvo_agent.logs.limits import DEFAULT_LIMITS
from corvo_agent.logs.lines.marker import GAP, is_marker
from corvo_agent.logs.search.query import EVERYTHING, LogQuery
from corvo_agent.logs.search.reader import LogReader
from corvo_agent.logs.tail.catch_up import CatchUp, Placed
from corvo_agent.logs.tail.follower import Position
from tests.logs.tail_kit import QUICK, TailReader, line, tailing


def told(catch_up: CatchUp, bounds: Mapping[str, Position] | None) -> list[list[Placed]]:
    """Every page until there is none."""
    pages: list[list[Placed]] = []
    while True:
        steps = catch_up.steps(EVERYTHING, time.monotonic() + 60, bounds)
        try:
            while True:
                next(steps)
        except StopIteration as stop:
            if not stop.value:
                return pages
            pages.append(stop.value)


def place(path: Path, offset: int) -> Cursor:
    status = path.stat()
    return Cursor(FileMark.of(path.read_bytes()[:256], status.st_ino), offset, forward=True)


def numbers(pages: list[list[Placed]]) -> list[str]:
    return [each.record["n"] for page in pages for each in page]


@pytest.mark.parametrize("page", [1, 2, 7, 100])
def test_pages_in_the_order_of_time(tmp_path: Path, page: int) -> None:
    # Line 3 has no time and stays behind line 0, its predecessor in the log.
    paths = [tmp_path / f"{name}.log" for name in "abc"]
    for index, path in enumerate(paths):
        path.write_bytes(
            b"".join(line(n, **({"ts": f"2026-11-24T10:00:{n:02}Z"} if n != 3 else {})) for n in range(index, 30, 3))
        )
    starts = {str(path): place(path, 0) for path in paths[:2]}
    bounds = {str(path): Position(place(path, 0).mark, path.stat().st_size) for path in paths}
    with_bounds = CatchUp(LogReader(f"{tmp_path}/*.log"), starts, page)
    before = numbers(told(with_bounds, None))
    assert before == [str(n) for n in _in_order(30) if n % 3 != 2][: len(before)]
    with_bounds.go_on(bounds)
    pages = told(with_bounds, bounds)
    after = numbers(pages)
    for index in range(3):
        assert [n for n in before + after if int(n) % 3 == index] == [str(n) for n in range(index, 30, 3)]
    assert all(len(each) <= page for each in pages)
    assert told(with_bounds, bounds) == []


@pytest.mark.parametrize("failing", range(1, 5))
def test_a_page_that_finds_no_room_is_read_again(tmp_path: Path, failing: int) -> None:
    paths = [tmp_path / f"{name}.log" for name in "abc"]
    for index, path in enumerate(paths):
        path.write_bytes(b"".join(line(n, ts=f"2026-11-24T10:00:{n:02}Z") for n in range(index, 30, 3)))
    bounds = {str(path): Position(place(path, 0).mark, path.stat().st_size) for path in paths}
    catch_up = CatchUp(LogReader(f"{tmp_path}/*.log"), dict.fromkeys(bounds), 4)
    grown: list[int] = []

    def grow(size: int) -> None:
        grown.append(size)
        if len(grown) == failing:
            raise MemoryError

    pages: list[list[Placed]] = []
    while not pages or pages[-1]:
        steps = catch_up.steps(EVERYTHING, time.monotonic() + 60, bounds, DEFAULT_LIMITS, grow)
        try:
            while True:
                next(steps)
        except MemoryError:
            continue
        except StopIteration as stop:
            pages.append(stop.value)
    assert numbers(pages) == [str(n) for n in range(30)]
    assert len(grown) > failing
    assert catch_up.held == 0


def _in_order(count: int) -> list[int]:
    numbers = list(range(count))
    numbers.remove(3)
    numbers.insert(numbers.index(0) + 1, 3)
    return numbers


def test_each_record_says_where_the_next_one_is(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(map(line, range(6))))
    bounds = {str(path): Position(place(path, 0).mark, path.stat().st_size)}
    reader = LogReader(f"{tmp_path}/*.log")
    ((*placed,),) = told(CatchUp(reader, {str(path): place(path, 0)}, 100), bounds)
    for count, each in enumerate(placed, 1):
        assert each.position is not None
        start = Cursor(each.position.mark, each.position.offset, forward=True)
        assert numbers(told(CatchUp(reader, {str(path): start}, 100), bounds)) == [str(n) for n in range(count, 6)]


def test_what_is_gone_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(line(0))
    lost = Cursor(FileMark.of(b"other" * 50, 1), 7, forward=True)
    catch_up = CatchUp(LogReader(f"{tmp_path}/*.log"), {str(path): lost, str(tmp_path / "b.log"): lost}, 100)
    ((*placed,),) = told(catch_up, None)
    assert [each.record[GAP] for each in placed] == ["cursor", "cursor"]
    catch_up.go_on([str(path)])
    assert told(catch_up, {str(path): Position(place(path, 0).mark, path.stat().st_size)}) == []


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(lines))


async def read_on(
    pattern: Path, places: dict[str, Cursor], batches: int, until: Callable[[TailReader], bool]
) -> TailReader:
    """Go on from ``places``, which are brought forward, for so many batches or ``until`` all has come."""
    query = LogQuery(cursor=encode_places(places)) if places else LogQuery(lines=100_000)
    async with tailing(pattern, query=query, tail=replace(QUICK, batch_lines=3)) as reader:
        async with asyncio.timeout(30):
            while not until(reader) and len(reader.batches) < batches:
                await reader.more()
        places |= reader.places
    return reader


@pytest.mark.parametrize("clock", ["rfc", "epoch", "none"])
async def test_many_logs_go_on_exactly_where_each_was_left(tmp_path: Path, clock: str) -> None:
    names = [f"{name}.log" for name in "abc"]
    written: dict[str, list[str]] = {name: [] for name in names}
    count = 0

    def write(name: str, lines: int) -> None:
        nonlocal count
        for _ in range(lines):
            count += 1
            times = {"rfc": {"ts": f"2026-11-24T10:{count // 60:02}:{count % 60:02}Z"}, "none": {}}
            fields = times.get(clock, {"time": str(1795514400000 + count)})
            append(tmp_path / name, line(count, **fields))
            written[name].append(str(count))

    places: dict[str, Cursor] = {}
    seen: dict[str, list[str]] = {}
    gaps: list[str] = []

    expected = {str(tmp_path / name) for name in names[:2]}

    async def read(batches: int) -> None:
        reader = await read_on(
            tmp_path / "*.log",
            places,
            batches,
            lambda reader: len(reader.lines) + before == count and places.keys() | reader.places.keys() >= expected,
        )
        for record in reader.records:
            if not is_marker(record):
                seen.setdefault(f"{Path(record['source']).name[0]}.log", []).append(record["n"])
        gaps.extend(reader.gaps)

    for name in names[:2]:
        write(name, 2)
    before = 0
    await read(1000)
    assert set(places) == expected
    for rotations, batches in enumerate((1, 2, 3, 1, 1000)):
        # While no reader is there, a new log comes, another one is rotated, and all of them grow.
        for name in names:
            write(name, 5)
        for age in range(rotations, 0, -1):
            (tmp_path / f"b.log.{age}").rename(tmp_path / f"b.log.{age + 1}")
        (tmp_path / "b.log").rename(tmp_path / "b.log.1")
        write("b.log", 4)
        before = sum(map(len, seen.values()))
        await read(batches)
    assert {name: sorted(lines, key=int) for name, lines in seen.items()} == written
    assert all(seen[name] == written[name] for name in names)
    assert gaps == []


async def test_several_logs_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    for name in "ab":
        append(tmp_path / f"{name}.log", line(f"{name}-first", time="2026-11-24T09:00:00Z"))
    async with tailing(tmp_path / "*.log", query=LogQuery(lines=0)) as reader:
        await reader.until(lambda reader: len(reader.places) == 2)
        for second in range(40):
            append(tmp_path / f"{'ab'[second % 2]}.log", line(second, time=f"2026-11-24T10:00:{second:02}Z"))
        await reader.until(lambda reader: len(reader.lines) == 40)
        places = reader.places
        # What came together is in order, and nothing comes before what has a smaller time in the same batch.
        for batch in reader.batches:
            times = [record["time"] for record in batch if not is_marker(record)]
            assert times == sorted(times)
    for second in range(40, 60):
        append(tmp_path / f"{'ab'[second % 2]}.log", line(second, time=f"2026-11-24T10:00:{second:02}Z"))
    query = LogQuery(cursor=encode_places(places))
    async with tailing(tmp_path / "*.log", query=query) as reader:
        await reader.until(lambda reader: len(reader.lines) == 20)
        assert reader.lines == [str(second) for second in range(40, 60)]


async def test_a_log_that_is_gone_is_a_gap_and_the_others_go_on(tmp_path: Path) -> None:
    for name in "ab":
        append(tmp_path / f"{name}.log", line(f"{name}0"))
    async with tailing(tmp_path / "*.log") as reader:
        await reader.until(lambda reader: len(reader.places) == 2)
    append(tmp_path / "a.log", line("a1"))
    (tmp_path / "b.log").unlink()
    append(tmp_path / "b.log", line("other"))
    append(tmp_path / "c.log", line("c0"))
    async with tailing(tmp_path / "*.log", query=LogQuery(cursor=encode_places(reader.places))) as again:
        await again.until(lambda reader: len(reader.places) == 3)
        assert sorted(again.lines) == ["a1", "c0"]
        assert [(record["source"], record[GAP]) for record in again.records if GAP in record] == [
            (str(tmp_path / "b.log"), "cursor")
        ]
        append(tmp_path / "b.log", line("b1"))
        assert "b1" in await again.until_line("b1")


async def test_places_of_a_pattern_are_no_failure_for_one_log_and_the_other_way_round(tmp_path: Path) -> None:
    append(tmp_path / "a.log", line("a0"))
    async with tailing(tmp_path / "*.log") as reader:
        await reader.until(lambda reader: bool(reader.places))
    append(tmp_path / "a.log", line("a1"))
    async with tailing(tmp_path / "a.log", query=LogQuery(cursor=encode_places(reader.places))) as one:
        assert await one.until_line("a1") == ["a1"]
        await one.until(lambda reader: bool(reader.cursor))
    for path, cursor in ((tmp_path / "*.log", one.cursor), (tmp_path / "b.log", encode_places(reader.places))):
        append(tmp_path / "b.log", line("b0"))
        async with tailing(path, query=LogQuery(cursor=cursor)) as other:
            await other.until(lambda reader: reader.gaps == ["cursor"])
            append(tmp_path / "b.log", line(f"{path.name}"))
            await other.until_line(path.name)
