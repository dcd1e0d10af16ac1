"""One file searched in either direction gives its matches in order, and goes on where it stopped."""

from __future__ import annotations

import gzip
import math
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError
from corvo_agent.logs.files.log_file import LogFile, open_log
from corvo_agent.logs.limits import ReadLimits
from corvo_agent.logs.lines.line_time import ALWAYS
from corvo_agent.logs.lines.marker import Truncation
from corvo_agent.logs.search.collector import MatchCollector
from corvo_agent.logs.search.file_search import FileSearch, Stop
from corvo_agent.logs.search.matcher import Matcher
from corvo_agent.logs.search.query import LogQuery

LIMITS = ReadLimits()
NEVER, AT_ONCE = math.inf, -math.inf


def written(folder: Path, count: int, *, packed: bool = False) -> Path:
    content = b"".join(b'{"n":%d,"odd":%d}\n' % (number, number % 2) for number in range(count))
    path = folder / ("a.log.1.gz" if packed else "a.log")
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


class Search:
    """A search of one file whose steps are run to the end."""

    def __init__(
        self, log: LogFile, query: LogQuery, *, forward: bool, limits: ReadLimits = LIMITS, until: float = NEVER
    ) -> None:
        self.found = MatchCollector(query, limits, forward=forward, skip=query.offset or 0)
        matcher = Matcher(query, log.path, limits.max_line_bytes)
        self._search = FileSearch(log, matcher, self.found, limits, ALWAYS, until)

    def older(self, *end: int) -> Stop | None:
        return finished(self._search.older(*end))

    def newer(self, *start: int) -> Stop | None:
        return finished(self._search.newer(*start))

    @property
    def numbers(self) -> list[int]:
        return [int(record["n"]) for record in self.found.records()]


def finished(steps: Generator[None, None, Stop | None]) -> Stop | None:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            value: Stop | None = stop.value
            return value


PACKED = pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])


@PACKED
def test_backward_it_finds_the_newest_and_forward_the_oldest(tmp_path: Path, packed: bool) -> None:
    path = written(tmp_path, 5000, packed=packed)
    with closing(open_log(str(path))) as log:
        newest = Search(log, LogQuery(lines=3), forward=False)
        assert newest.older() is not None
        assert newest.numbers == [4997, 4998, 4999]
        oldest = Search(log, LogQuery(lines=3, offset=0), forward=True)
        assert oldest.newer() is not None
        assert oldest.numbers == [0, 1, 2]


@PACKED
def test_a_file_that_is_used_up_has_no_stop(tmp_path: Path, packed: bool) -> None:
    with closing(open_log(str(written(tmp_path, 10, packed=packed)))) as log:
        for forward in (True, False):
            search = Search(log, LogQuery(lines=100, fixed='"odd":1'), forward=forward)
            assert (search.newer() if forward else search.older()) is None
            assert search.numbers == [1, 3, 5, 7, 9]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(packed=st.booleans(), forward=st.booleans(), count=st.integers(0, 400), at_once=st.integers(1, 60))
def test_pieces_one_after_another_are_the_whole(
    tmp_path: Path, packed: bool, forward: bool, count: int, at_once: int
) -> None:
    query = LogQuery(lines=at_once, fixed='"odd":1', offset=0 if forward else None)
    expected = [number for number in range(count) if number % 2]
    seen: list[int] = []
    with closing(open_log(str(written(tmp_path, count, packed=packed)))) as log:
        position: list[int] = []
        while True:
            search = Search(log, query, forward=forward)
            stop = search.newer(*position) if forward else search.older(*position)
            seen = [*seen, *search.numbers] if forward else [*search.numbers, *seen]
            if stop is None:
                break
            assert stop.why is None
            position = [stop.offset]
    assert seen == expected


def test_without_any_time_it_gets_somewhere_all_the_same(tmp_path: Path) -> None:
    seen: list[int] = []
    with closing(open_log(str(written(tmp_path, 200_000)))) as log:
        position: list[int] = []
        while True:
            search = Search(log, LogQuery(lines=1_000_000), forward=False, until=AT_ONCE)
            stop = search.older(*position)
            seen = [*search.numbers, *seen]
            if stop is None:
                break
            assert stop.why is Truncation.DEADLINE
            assert search.numbers
            position = [stop.offset]
    assert seen == list(range(200_000))


@PACKED
@pytest.mark.parametrize("forward", [True, False], ids=["newer", "older"])
def test_what_there_is_no_room_for_is_where_it_goes_on(tmp_path: Path, packed: bool, forward: bool) -> None:
    limits = ReadLimits(max_answer_bytes=2000)
    seen: list[int] = []
    with closing(open_log(str(written(tmp_path, 300, packed=packed)))) as log:
        position: list[int] = []
        while True:
            search = Search(log, LogQuery(lines=1000), forward=forward, limits=limits)
            stop = search.newer(*position) if forward else search.older(*position)
            seen = [*seen, *search.numbers] if forward else [*search.numbers, *seen]
            if stop is None:
                break
            assert stop.why is Truncation.SIZE
            position = [stop.offset]
    assert seen == list(range(300))


def test_a_packed_file_that_breaks_off_gives_what_there_is_and_then_its_fault(tmp_path: Path) -> None:
    path = written(tmp_path, 5000, packed=True)
    path.write_bytes(path.read_bytes()[:-2000])
    with closing(open_log(str(path))) as log:
        search = Search(log, LogQuery(lines=1_000_000), forward=False)
        with pytest.raises(DecodeError):
            search.older()
        assert search.numbers[:3] == [0, 1, 2]
        # Those that are wanted were read before the fault is.
        few = Search(log, LogQuery(lines=1), forward=False)
        assert few.older() is not None
        assert len(few.numbers) == 1


@PACKED
def test_the_first_time_is_that_of_the_first_line_that_has_one(tmp_path: Path, packed: bool) -> None:
    content = b'started\n{"ts":"2026-01-01T00:00:01Z"}\n{"ts":"2026-01-01T00:00:02Z"}\n'
    path = tmp_path / ("t.log.gz" if packed else "t.log")
    path.write_bytes(gzip.compress(content) if packed else content)
    with closing(open_log(str(path))) as log:
        search = FileSearch(
            log, Matcher(LogQuery(), log.path, 1000), MatchCollector(LogQuery(), LIMITS, forward=True, skip=0),
            LIMITS, ALWAYS, NEVER,
        )  # fmt: skip
        first = search.first_times()
    assert first is not None
    assert first.earliest == 1_767_225_601_000_000_000
