"""Several logs read as one, in the order of time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corvo_agent.errors import InvalidArgument, NotFound
from corvo_agent.logs.files.log_paths import expand
from corvo_agent.logs.limits import ReadLimits
from corvo_agent.logs.search.query import LogQuery, Order
from corvo_agent.logs.search.reader import LogReader


@pytest.fixture
def logs(tmp_path: Path) -> str:
    for name, seconds in (("a", range(0, 30, 2)), ("b", range(1, 30, 3)), ("c", [])):
        lines = [f'{{"ts":"2019-05-10T16:00:{second:02}Z","n":"{name}{second}"}}\n' for second in seconds]
        (tmp_path / f"{name}.log").write_text("".join(lines) + "raw\n")
    (tmp_path / "a-20190510.log").write_text('{"ts":"2019-05-10T14:00:00Z","n":"older"}\n')
    os.utime(tmp_path / "a-20190510.log", (0, 0))
    (tmp_path / "a.log.1").write_text('{"ts":"2019-05-10T15:00:00Z","n":"old"}\n')
    return str(tmp_path / "*.log")


async def read(pattern: str, query: LogQuery) -> list[str]:
    async with LogReader(pattern) as reader:
        return [record.get("n", "raw") for record in (await reader.read(query)).records]


async def test_merged_by_time(logs: str) -> None:
    everything = await read(logs, LogQuery(fixed="ts"))
    assert everything[:5] == ["older", "old", "a0", "b1", "a2"]
    assert len(everything) == 27
    assert await read(logs, LogQuery(lines=3, fixed="ts")) == everything[-3:]
    assert await read(logs, LogQuery(lines=3, offset=4, fixed="ts")) == everything[4:7]
    assert await read(logs, LogQuery(lines=3, offset=4, order=Order.DESCENDING, fixed="ts")) == everything[::-1][4:7]
    assert await read(logs, LogQuery(lines=0)) == []
    assert await read(logs, LogQuery(lines=2, columns=("n",), fixed="ts")) == everything[-2:]


async def test_a_line_without_a_time_stays_behind_the_one_before_it(logs: str) -> None:
    everything = await read(logs, LogQuery())
    assert everything[0] == "raw"  # that of the log that has no time at all
    assert [everything[index - 1] for index, n in enumerate(everything) if n == "raw" and index] == ["a28", "b28"]


async def test_what_several_logs_cannot_do(logs: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument):
        await read(logs, LogQuery(cursor="x"))
    with pytest.raises(NotFound):
        await read(str(tmp_path / "*.txt"), LogQuery())
    async with LogReader(logs, limits=ReadLimits(max_answer_bytes=300)) as reader:
        result = await reader.read(LogQuery())
    assert result.truncated
    assert result.cursor == ""


def test_patterns_and_paths(logs: str, tmp_path: Path) -> None:
    names = [path.rpartition("/")[2] for path in expand([logs, str(tmp_path / "later.log")])]
    assert names == ["a.log", "b.log", "c.log", "later.log"]
