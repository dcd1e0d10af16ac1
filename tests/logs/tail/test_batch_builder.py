"""What one reader sees of a tail: matching lines in bounded batches, each with the place behind it."""

from __future__ import annotations

from dataclasses import replace

from corvo_agent.logs.files.cursor import Cursor, FileMark
from corvo_agent.logs.files.splitter import Chunk
from corvo_agent.logs.limits import ReadLimits
from corvo_agent.logs.lines import marker
from corvo_agent.logs.lines.marker import CURSOR, Gap, is_marker
from corvo_agent.logs.lines.record import Record
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.tail.batch_builder import BatchBuilder
from corvo_agent.logs.tail.follower import Position, TailItem
from tests.held import held

MARK = FileMark.of(b"x" * 256, 7)


def builder(query: LogQuery, batch_lines: int = 3, several: bool = False) -> BatchBuilder[list[Record]]:
    return BatchBuilder(query, ReadLimits(max_line_bytes=100), list, batch_lines=batch_lines, several=several)


def item(content: bytes, offset: int, length: int = 0) -> TailItem:
    chunk = Chunk(content, 0, len(content), offset, length)
    return TailItem("/a.log", chunk, position=Position(MARK, chunk.stop), count=content.count(b"\n"))


def shown(batches: list[list[Record]]) -> list[list[str | int]]:
    """Messages, and for markers with a cursor the offset that it points at."""
    return [[_shown(record) for record in batch] for batch in batches]


def _shown(record: Record) -> str | int:
    return Cursor.decode(record[CURSOR]).offset if CURSOR in record else record["msg"]


def test_batches_are_bounded_and_say_where_to_go_on() -> None:
    batches = builder(LogQuery()).batches([item(b"a\nb\n", 0), item(b"c\nd\ne\n", 4)])
    assert shown(batches) == [["a", "b", "c", 6], ["d", "e", 10]]


def test_only_what_matches_counts() -> None:
    batches = builder(LogQuery(fixed="x")).batches([item(b"a\nx1\nb\nx2\nx3\nc\nx4\nd\n", 100)])
    assert shown(batches) == [["x1", "x2", "x3", 115], ["x4", 121]] or shown(batches)[0][:3] == ["x1", "x2", "x3"]
    assert builder(LogQuery(fixed="x")).batches([item(b"a\n", 0)]) == []


def test_remarks_stand_in_their_place() -> None:
    gap = TailItem("/a.log", remark=marker.gap(Gap.TRUNCATED, "/a.log"))
    (batch,) = builder(LogQuery(fixed="x"), 10).batches([item(b"x1\n", 0), gap, item(b"x2\n", 0)])
    assert [record.get("corvo.gap") or _shown(record) for record in batch] == ["x1", "truncated", "x2", 3]


def test_remarks_fill_a_batch_as_lines_do() -> None:
    gap = TailItem("/a.log", remark=marker.gap(Gap.TRUNCATED, "/a.log"))
    for content in (b"a\nb\n", b'{"msg":"a"}\n{"msg":"b"}\n'):
        for remarks in range(8):
            batches = builder(LogQuery()).batches([item(content, 0), *[gap] * remarks, item(content, len(content))])
            records = [record for batch in batches for record in batch if CURSOR not in record]
            assert [record["msg"] for record in records if not is_marker(record)] == [*"abab"]
            assert len(records) == 4 + remarks
            assert max(map(len, batches)) <= 4


def test_without_a_common_place_there_is_none() -> None:
    unplaced = replace(item(b"a\n", 0), position=None)
    assert shown(builder(LogQuery()).batches([unplaced])) == [["a"]]


def test_joined_lines_wait_for_each_other() -> None:
    tail = builder(LogQuery(joined=True))
    assert tail.batches([item(b'{"msg":"a"}\n', 0)]) == []
    assert tail.is_waiting
    assert shown(tail.batches([item(b" more\n", 12), item(b'{"msg":"b"}\n', 18)])) == [["a\n more", 18]]
    assert shown(tail.rest()) == [["b", 30]]
    assert not tail.is_waiting
    assert tail.rest() == []


def test_nothing_joins_across_a_gap_or_an_endless_line() -> None:
    tail = builder(LogQuery(joined=True), 10)
    tail.batches([item(b'{"msg":"a"}\n', 0)])
    # Dropped in between: another place.
    assert shown(tail.batches([item(b" other\n", 50)])) == [["a", 12]]
    (batch,) = tail.batches([item(b"l" * 100 + b"\n", 57, 5000), item(b"tail\n", 5058)])
    assert [record["msg"][:5] for record in batch[:2]] == [" othe", "lllll"]
    assert batch[1]["corvo.cut"] == "5000"
    assert shown(tail.rest()) == [["tail", 5063]]


def test_what_is_looked_for_may_change() -> None:
    tail = builder(LogQuery(fixed="a"))
    tail.look_for(LogQuery(fixed="b"))
    assert shown(tail.batches([item(b"a\nb\n", 0)])) == [["b", 4]]


def test_records_found_otherwise_are_cut_into_batches() -> None:
    tail = builder(LogQuery())
    records = [{"msg": str(n)} for n in range(4)]
    assert shown(tail.ready(records, Position(MARK, 9))) == [["0", "1", "2"], ["3", 9]]
    assert tail.ready([], None) == []


def test_logs_that_are_silent_for_long_are_forgotten() -> None:
    now = 0.0
    limits = ReadLimits(max_line_bytes=100)
    tail: BatchBuilder[list[Record]] = BatchBuilder(
        LogQuery(joined=True), limits, list, batch_lines=3, several=True, monotonic=lambda: now
    )
    known, told = [], []
    for number in range(100):
        # No pause: what waits of one that came to its end has to go out all the same.
        told += shown(tail.batches([replace(item(b"line %d\n" % number, 0), path=f"/app-{number}.log")]))
        known.append(sum(held(tail).values()))
        now += 1801.0
    assert max(known) == known[10]
    assert [batch[0] for batch in told] == [f"line {number}" for number in range(98)]
    assert shown(tail.rest())[0][:2] == ["line 98", "line 99"]
