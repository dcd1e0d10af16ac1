"""A compressed file is searched in parts, and gets to its end however little time each call has."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import lzma
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corvo_agent.logs import LogQuery, LogReader, ReadLimits, Window
from corvo_agent.logs.files import packed, packed_index
from corvo_agent.logs.files.log_file import LogFile
from corvo_agent.logs.files.packed_index import PackedIndex
from corvo_agent.logs.lines.record import Record
from corvo_agent.logs.search.result import LogResult

START = 1_795_514_400
SECOND = 10**9
LINES = 4000


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pieces and places close together, so that a small file has many."""
    monkeypatch.setattr(packed_index, "_SPACING", 20_000)
    monkeypatch.setattr(packed_index, "_SMALLEST", 1)
    monkeypatch.setattr(packed_index, "OUTPUT", 5000)
    monkeypatch.setattr(packed, "OUTPUT", 5000)


def line(n: int, second: float, **more: str) -> bytes:
    ts = datetime.fromtimestamp(START + second, UTC).isoformat()
    return json.dumps({"ts": ts, "n": str(n), "pad": "p" * (n * 7 % 60), **more}).encode() + b"\n"


def log(folder: Path, *lines: bytes) -> str:
    path = folder / "a.log"
    path.write_bytes(b"")
    (folder / "a.log.1.gz").write_bytes(gzip.compress(b"".join(lines)))
    return str(path)


def numbers(records: list[Record]) -> list[int]:
    return [int(record["n"]) for record in records]


async def read(reader: LogReader, query: LogQuery) -> LogResult:
    result = await reader.read(query)
    assert result.truncated is None
    return result


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.integers(-10, LINES), st.integers(0, LINES), st.integers(1, 50), st.booleans(), st.booleans())
def test_a_window_has_the_lines_of_its_times(
    tmp_path: Path, since: int, length: int, count: int, forward: bool, sure: bool
) -> None:
    # Lines stand up to three seconds out of order, unless the clock went back by an hour.
    seconds = [n + n * 13 % 4 for n in range(LINES)] if sure else [n % 2000 for n in range(LINES)]
    path = log(tmp_path, *(line(n, second) for n, second in enumerate(seconds)))
    wanted = [n for n, second in enumerate(seconds) if since <= second < since + length]
    window = Window((START + since) * SECOND, (START + since + length) * SECOND)

    async def ask() -> list[int]:
        async with LogReader(path) as reader:
            query = LogQuery(lines=count, window=window, offset=0 if forward else None)
            return numbers((await reader.read(query)).records)

    assert asyncio.run(ask()) == (wanted[:count] if forward else wanted[-count:])


@pytest.mark.parametrize("window", [None, Window(START * SECOND)], ids=["all", "window"])
@pytest.mark.parametrize("forward", [True, False], ids=["newer", "older"])
async def test_pages_without_any_time_come_to_an_end(tmp_path: Path, forward: bool, window: Window | None) -> None:
    path = log(tmp_path, *(line(n, n) for n in range(LINES)))
    query = LogQuery(lines=300, fixed='"n": "', offset=0 if forward else None)
    query = query if window is None else replace(query, window=window)
    pages: list[list[int]] = []
    async with LogReader(path) as reader:
        for _ in range(200):
            result = await reader.read(query, timeout=0)
            pages.append(numbers(result.records))
            if not result.cursor:
                break
            query = replace(query, cursor=result.cursor)
    assert list(itertools.chain.from_iterable(pages if forward else pages[::-1])) == list(range(LINES))


async def test_of_a_window_only_its_part_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = log(tmp_path, *(line(n, 60 * n) for n in range(LINES)))
    window = Window((START + 60 * 2000) * SECOND, (START + 60 * 2000 + 1) * SECOND)
    unpacked: list[int] = []
    pieces = PackedIndex.pieces

    def counted(self: PackedIndex, log: LogFile, start: int) -> Generator[bytes, None, None]:
        unpacked.append(start)
        return pieces(self, log, start)

    monkeypatch.setattr(PackedIndex, "pieces", counted)
    async with LogReader(path) as reader:
        for _ in range(2):
            assert numbers((await read(reader, LogQuery(window=window))).records) == [2000]
    whole = sum(len(line(n, 60 * n)) for n in range(LINES))
    assert min(unpacked) > whole * 0.4
    assert max(unpacked) < whole * 0.6


async def test_units_of_several_lines_stay_together(tmp_path: Path) -> None:
    lines = [line(n, n) + b"Traceback:\n" + b"  File\n" * (n % 5) + b"ValueError: %d\n" % n for n in range(1500)]
    path = log(tmp_path, *lines)
    async with LogReader(path) as reader:
        result = await read(reader, LogQuery(lines=10_000, joined=True))
        assert numbers(result.records) == list(range(1500))
        assert all(record["msg"].endswith(f"ValueError: {record['n']}") for record in result.records)


async def test_a_line_longer_than_many_parts(tmp_path: Path) -> None:
    path = log(tmp_path, line(0, 0), line(1, 1, x="x" * 300_000), line(2, 2), *(line(n, n) for n in range(3, 1000)))
    async with LogReader(path, limits=ReadLimits(max_line_bytes=10_000)) as reader:
        result = await read(reader, LogQuery(lines=10_000))
        assert numbers(result.records) == list(range(1000))
        assert int(result.records[1]["corvo.cut"]) > 300_000


async def test_what_is_broken_is_said_and_the_rest_found(tmp_path: Path) -> None:
    path = log(tmp_path, *(line(n, n) for n in range(LINES)))
    packed_path = tmp_path / "a.log.1.gz"
    packed_path.write_bytes(packed_path.read_bytes()[:-2000])
    async with LogReader(path) as reader:
        result = await read(reader, LogQuery(lines=10_000))
    found = numbers(result.records)
    assert found == list(range(len(found)))
    assert len(found) > LINES // 2
    assert [remark["corvo.gap"] for remark in result.remarks] == ["unreadable"]


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
async def test_pages_without_any_time_come_to_an_end_over_small_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(packed_index, "_SMALLEST", 1 << 20)
    compress = gzip.compress if suffix == ".gz" else lzma.compress
    path = log(tmp_path)
    (tmp_path / "a.log.1.gz").unlink()
    for age in range(6):
        name = tmp_path / f"a.log.{age + 1}{suffix}"
        name.write_bytes(compress(b"".join(line(n, n) for n in range(500 - 100 * age, 600 - 100 * age))))
    query, pages = LogQuery(lines=10_000, fixed="pad"), list[list[int]]()
    async with LogReader(path) as reader:
        for _ in range(100):
            result = await reader.read(query, timeout=0)
            pages.append(numbers(result.records))
            if not result.cursor:
                break
            query = replace(query, cursor=result.cursor)
    assert list(itertools.chain.from_iterable(pages[::-1])) == list(range(600))
    # One file at a time, and not all of them whatever it takes.
    assert len(pages) >= 6


async def test_the_lines_around_those_that_match_reach_across_parts(tmp_path: Path) -> None:
    lines = [line(n, n, **({"odd": "yes"} if n % 97 == 0 else {})) for n in range(LINES)]
    path = log(tmp_path, *lines)
    (tmp_path / "plain.log").write_bytes(b"".join(lines))
    query = LogQuery(lines=10_000, fixed='"odd"', context=9)
    async with LogReader(path) as packed_reader, LogReader(str(tmp_path / "plain.log")) as reader:
        expected = numbers((await read(reader, query)).records)
        assert numbers((await read(packed_reader, query)).records) == expected
        assert len(expected) > 19 * (LINES // 97)
