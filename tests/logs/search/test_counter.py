"""Counting lines by time and severity: every line of the window once, whichever files it is in."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.levels.level import Level
from corvo_agent.logs.lines.line_time import Window
from corvo_agent.logs.lines.marker import COUNTS, TRUNCATED, is_marker
from corvo_agent.logs.search.counter import MAX_STEPS
from corvo_agent.logs.search.parameters import parse_query
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.search.reader import LogReader
from corvo_agent.timestamps import format_rfc3339, parse_rfc3339

SECOND = 10**9
START = 1_764_130_000 * SECOND // (60 * SECOND) * (60 * SECOND)
LEVELS = ("debug", "info", "warn", "error", "odd")


def lines(first: int, count: int) -> bytes:
    """One line a second, of each level in turn."""
    written = (
        {"level": LEVELS[number % len(LEVELS)], "ts": format_rfc3339(START + number * SECOND), "msg": f"{number}"}
        for number in range(first, first + count)
    )
    return b"".join(json.dumps(each).encode() + b"\n" for each in written)


def told(records: list[dict[str, str]]) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = {}
    for record in records:
        assert is_marker(record)
        if COUNTS in record:
            step = (parse_rfc3339(record["ts"]) - START) // SECOND
            found.setdefault(step, Counter()).update(json.loads(record[COUNTS]))
    return found


@pytest.mark.parametrize("pattern", ["a.log", "*.log"])
async def test_each_line_of_the_window_is_counted_once_over_rotation_and_several_logs(
    tmp_path: Path, pattern: str
) -> None:
    (tmp_path / "a.log.2.gz").write_bytes(gzip.compress(lines(0, 100)))
    (tmp_path / "a.log.1").write_bytes(lines(100, 100))
    (tmp_path / "a.log").write_bytes(lines(200, 100))
    others = 0
    if "*" in pattern:
        (tmp_path / "b.log").write_bytes(lines(0, 300))
        others = 1
    query = LogQuery(window=Window(START + 60 * SECOND, None), counts=60 * SECOND, lines=100_000)
    async with LogReader(str(tmp_path / pattern)) as reader:
        found = told((await reader.read(query)).answer())
    twelve = 12 * (1 + others)
    each = {"debug": twelve, "info": twelve, "warn": twelve, "error": twelve, "unknown": twelve}
    assert found == {60: each, 120: each, 180: each, 240: each}


async def test_conditions_hold_for_what_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(lines(0, 100))
    async with LogReader(str(tmp_path / "a.log")) as reader:
        query = LogQuery(level=Level.ERROR, fixed='"9', counts=60 * SECOND)
        assert told((await reader.read(query)).answer()) == {60: {"error": 2}}


async def test_what_is_not_counted_any_more_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(lines(0, MAX_STEPS + 20_000))
    async with LogReader(str(tmp_path / "a.log")) as reader:
        answer = (await reader.read(LogQuery(counts=SECOND))).answer()
    assert len(told(answer)) == MAX_STEPS
    assert TRUNCATED in answer[-1]
    # The newest ones are there.
    assert max(told(answer)) == MAX_STEPS + 19_999


@pytest.mark.parametrize(
    "given", [{"counts": "0.5s"}, {"counts": "2d"}, {"counts": "x"}, {"counts": "1m", "lines": "5"}]
)
def test_what_cannot_be_counted_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(InvalidArgument):
        parse_query(given, now=START)
    assert parse_query({"counts": "1m", "grep": "x"}, now=START).counts == 60 * SECOND
