"""The newest lines of a file, in file order, whatever happens to the file."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from corvo_agent.errors import NotFound, Unsupported
from corvo_agent.logs.limits import ReadLimits
from corvo_agent.logs.lines.marker import CUT, TRUNCATED, Truncation
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.search.reader import LogReader
from corvo_agent.logs.search.result import LogResult


def finish(steps: Generator[None, None, LogResult]) -> LogResult:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: LogResult = stop.value
            return result


def numbered(first: int, last: int) -> bytes:
    return b"".join(b'{"n":"%d"}\n' % n for n in range(first, last))


def numbers(result: LogResult) -> list[int]:
    return [int(record["n"]) for record in result.records]


async def test_the_newest_lines_in_file_order(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(numbered(0, 50_000))
    async with LogReader(str(path)) as reader:
        assert numbers(await reader.read(LogQuery(lines=3))) == [49_997, 49_998, 49_999]
        assert numbers(await reader.read()) == list(range(49_000, 50_000))
        assert numbers(await reader.read(LogQuery(lines=100_000))) == list(range(50_000))
        assert (await reader.read(LogQuery(lines=0))).records == []


async def test_a_half_written_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(numbered(0, 2) + b'{"n":"2"')
    async with LogReader(str(path)) as reader:
        assert numbers(await reader.read()) == [0, 1]
        path.write_bytes(b"no newline at all")
        assert (await reader.read()).records == []
        path.write_bytes(b"")
        assert (await reader.read()).records == []


async def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    async with LogReader(str(tmp_path / "gone.log")) as reader:
        with pytest.raises(NotFound):
            await reader.read()
    async with LogReader(str(tmp_path)) as reader:
        with pytest.raises(Unsupported):
            await reader.read()


async def test_long_lines_are_cut_and_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b'{"n":"1"}\n' + b"x" * 3_000_000 + b"\n" + b"y" * 150 + b"\n" + b'{"n":"2"}\n')
    async with LogReader(str(path), limits=ReadLimits(max_line_bytes=100)) as reader:
        before, giant, long, after = (await reader.read()).records
    assert (before["n"], after["n"]) == ("1", "2")
    assert (giant["msg"], giant[CUT]) == ("x" * 100, "3000000")
    assert (long["msg"], long[CUT]) == ("y" * 100, "150")


async def test_a_line_of_a_hundred_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with path.open("wb") as file:
        file.write(b'{"n":"1"}\n{"n":"')
        file.truncate(100_000_000)  # a hole costs no disk and reads as NULs
        file.seek(0, 2)
        file.write(b'"}\n{"n":"2"}\n')
    async with LogReader(str(path)) as reader:
        before, giant, after = (await reader.read()).records
        assert numbers(await reader.read(LogQuery(fixed='"n":"2'))) == [2]
    assert (before["n"], after["n"]) == ("1", "2")
    assert (len(giant["n"]), int(giant[CUT])) == ((1 << 20) - len('{"n":"'), 100_000_000 - 10 + 2)


async def test_permission_lost_while_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(numbered(0, 60_000))
    steps = LogReader(str(path)).steps(LogQuery(lines=60_000), float("inf"))
    next(steps)
    os.chmod(path, 0)
    assert numbers(finish(steps)) == list(range(60_000))


async def test_the_size_of_an_answer_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(b'{"n":"%d","msg":"%s"}\n' % (n, b"m" * 1000) for n in range(2000)))
    async with LogReader(str(path), limits=ReadLimits(max_answer_bytes=100_000)) as reader:
        result = await reader.read(LogQuery(lines=2000))
    assert result.truncated is Truncation.SIZE
    assert numbers(result) == list(range(2000 - len(result.records), 2000))
    assert 50 < len(result.records) < 100
    assert result.answer()[-1][TRUNCATED] == "size"


async def test_time_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(numbered(0, 100_000))
    async with LogReader(str(path)) as reader:
        result = await reader.read(LogQuery(lines=100_000), timeout=0.0)
    assert result.truncated is Truncation.DEADLINE
    assert numbers(result) == list(range(100_000 - len(result.records), 100_000))


async def test_a_file_replaced_while_it_is_read_gives_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b'{"n":"0"}\n' * 1000)
    async with LogReader(str(path)) as reader:
        for n in range(1, 50):
            fresh = tmp_path / "fresh"
            fresh.write_bytes(b'{"n":"%d"}\n' % n * 1000)
            os.replace(fresh, path)
            assert len(set(numbers(await reader.read()))) == 1


async def test_nothing_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(numbered(0, 100))
    before = set(os.listdir("/proc/self/fd"))
    async with LogReader(str(path)) as reader:
        for _ in range(5):
            await reader.read()
    assert len(set(os.listdir("/proc/self/fd")) - before) <= 1
