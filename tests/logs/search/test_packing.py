"""A search that packs what it finds finds the same, and tells what it holds."""

from __future__ import annotations

import gzip
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from corvo_agent.logs.files.log_file import FileChanged
from corvo_agent.logs.limits import ReadLimits
from corvo_agent.logs.lines.record import Record
from corvo_agent.logs.search import log_search
from corvo_agent.logs.search.packing import Packing
from corvo_agent.logs.search.query import LogQuery, Order
from corvo_agent.logs.search.reader import LogReader
from corvo_agent.logs.search.result import LogResult

QUERIES = [
    LogQuery(lines=70),
    LogQuery(lines=70, order=Order.DESCENDING),
    LogQuery(lines=70, offset=20),
    LogQuery(lines=70, offset=20, order=Order.DESCENDING),
    LogQuery(lines=5000, order=Order.DESCENDING),
    LogQuery(lines=10, columns=("n",)),
    LogQuery(lines=0),
]


def decode(data: bytes) -> list[Record]:
    records: list[Record] = orjson.loads(data)
    return records


class Held:
    """What a packing holds, by its own account."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def grow(self, size: int) -> None:
        self.now += size
        self.most = max(self.most, self.now)
        assert self.now >= 0


def write(path: Path, start: int, count: int) -> None:
    lines = (b'{"ts":"2026-01-01T00:00:%02d.%06dZ","n":"%d"}\n' % (n // 100, n, n) for n in range(start, start + count))
    content = b"".join(lines)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "a.log", 1000, 900)
    write(tmp_path / "a.log.1.gz", 0, 1000)
    write(tmp_path / "b.log", 500, 1000)
    return tmp_path


async def both(reader: LogReader, query: LogQuery) -> tuple[LogResult, LogResult, Held]:
    held = Held()
    packing = Packing(orjson.dumps, decode, held.grow)
    packed = await reader.read_with(query, lambda result: result, packing=packing)
    assert packing.held == held.now
    return await reader.read(query), packed, held


@pytest.mark.parametrize("names", [["a.log"], ["a.log", "b.log"]])
@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_the_same_is_found(folder: Path, names: list[str], query: LogQuery) -> None:
    async with LogReader(*(str(folder / name) for name in names)) as reader:
        plain, packed, held = await both(reader, query)
    assert [record for part in packed.packed for record in decode(part.data)] == plain.records
    assert (packed.records, packed.count) == ([], plain.count)
    assert (packed.truncated, packed.cursor) == (plain.truncated, plain.cursor)
    # What is left is the answer, and nothing of what it took to find it.
    assert held.now == sum(len(part.data) for part in packed.packed)


async def test_an_answer_ends_where_there_is_no_more_room(folder: Path) -> None:
    async with LogReader(str(folder / "a.log"), limits=ReadLimits(max_answer_bytes=5000)) as reader:
        plain, packed, _ = await both(reader, LogQuery(lines=1000))
    assert plain.truncated is packed.truncated is not None
    # Packed records are counted with what their encoding takes.
    assert 0 < packed.count <= plain.count


async def test_what_was_found_before_a_file_changed_is_given_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = log_search.LogSearch.run
    runs: list[LogResult] = []

    def changing(search: log_search.LogSearch) -> Generator[None, None, LogResult]:
        result = yield from run(search)
        runs.append(result)
        if len(runs) == 1:
            raise FileChanged("a.log")
        return result

    monkeypatch.setattr(log_search.LogSearch, "run", changing)
    held = Held()
    query = replace(QUERIES[0], lines=100)
    async with LogReader(str(folder / "a.log")) as reader:
        packing = Packing(orjson.dumps, decode, held.grow)
        result = await reader.read_with(query, lambda result: result, packing=packing)
    assert len(runs) == 2
    assert held.now == sum(len(part.data) for part in result.packed)
