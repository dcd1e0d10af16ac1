"""Matching a chunk is matching each of its units."""

from __future__ import annotations

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.levels.level import Level
from corvo_agent.logs.files.splitter import Chunk
from corvo_agent.logs.lines.line_time import Window
from corvo_agent.logs.search.conditions import FieldCondition
from corvo_agent.logs.search.matcher import Matcher
from corvo_agent.logs.search.query import LogQuery

DEEP = b'{"n":1,"deep":' + b"[" * 900 + b"]" * 900 + b"}"


def select(query: LogQuery, content: bytes, max_unit: int = 1000, offset: int = 100) -> list[tuple[int, bytes, int]]:
    lines = Matcher(query, "/a.log", max_unit).select(Chunk(content, 0, len(content), offset))
    return [(lines.offset(index), lines.data[index], lines.length(index)) for index in range(len(lines))]


def having(*texts: str) -> LogQuery:
    return LogQuery(fields=tuple(map(FieldCondition.parse, texts)))


def test_everything_the_last_ones() -> None:
    matcher = Matcher(LogQuery(), "/a.log", 1000)
    assert matcher.takes_all
    assert matcher.select(Chunk(b"a\nb\nc\n", 0, 6, 0), 2).data == [b"b", b"c"]


def test_where_what_matches_stands() -> None:
    content = b'{"n":1}\nraw\n{"n":2}\n{"n":"2"}\n'
    assert select(having("n=2"), content) == [(112, b'{"n":2}', 7), (120, b'{"n":"2"}', 9)]
    assert select(having("n!=2"), content) == [(100, b'{"n":1}', 7), (108, b"raw", 3)]
    assert select(having("n!=3", "n<2"), content) == [(100, b'{"n":1}', 7)]
    assert select(LogQuery(grep="^r", level=Level.INFO), content) == [(108, b"raw", 3)]
    assert select(having("source=/a.log", "msg~aw"), content) == [(108, b"raw", 3)]
    assert select(having("source!=/a.log"), content) == []


def test_a_cut_unit_is_matched_by_what_is_kept_of_it() -> None:
    content = b'{"n":1,"pad":"' + b"p" * 50 + b'end"}\n{"n":2}\n'
    assert select(LogQuery(fixed="end"), content, max_unit=20) == []
    assert select(LogQuery(fixed="pad"), content, max_unit=20) == [(100, content[:20], 69)]
    assert select(having("n=1"), content, max_unit=20) == [(100, content[:20], 69)]
    assert select(having("corvo.cut>60"), content, max_unit=20) == [(100, content[:20], 69)]
    assert select(having("n!=5"), content, max_unit=20) == [(100, content[:20], 69), (170, b'{"n":2}', 7)]
    (record,) = Matcher(LogQuery(columns=("corvo.cut",)), "/a.log", 20).records(
        Matcher(LogQuery(), "/a.log", 20).select(Chunk(content, 0, 70, 0))
    )
    assert record == {"corvo.cut": "69"}


def test_a_key_that_looks_like_the_engines_is_found_by_the_name_that_is_shown() -> None:
    content = b'{"n":1,"corvo.cut":"70"}\n{"n":2,"\\u0063orvo.cut":"71"}\n{"n":3,"line.corvo.cut":"72"}\n'
    assert select(having("corvo.cut>60"), content) == []
    assert [data[:6] for _, data, _ in select(having("line.corvo.cut>60"), content)] == [b'{"n":1', b'{"n":2']
    assert len(select(having("line.line.corvo.cut=72"), content)) == 1


def test_what_nobody_can_compare_is_raw() -> None:
    content = DEEP + b'\n{"n":1}\n{"level":"marker","n":1}\n'
    assert [data for _, data, _ in select(having("deep!=x", "level=raw"), content, 5000)] == [
        DEEP,
        b'{"level":"marker","n":1}',
    ]
    assert [data for _, data, _ in select(having("n=1", "deep!=x"), content, 5000)] == [b'{"n":1}']


def test_many_candidates_or_few_the_same_is_found() -> None:
    content = b"".join(b'{"n":%d,"level":"%s"}\n' % (n, b"info" if n % 7 else b"warn") for n in range(5000))
    matcher = Matcher(having("n>=4000", "level=warn"), "/a.log", 1000)
    sparse = Matcher(having("n>=4000"), "/a.log", 1000)
    for _ in range(3):
        chunk = Chunk(content, 0, len(content), 0)
        assert len(matcher.select(chunk)) == len([n for n in range(4000, 5000) if n % 7 == 0])
        assert len(sparse.select(chunk)) == 1000


def test_lines_without_a_time_are_in_no_window() -> None:
    content = b'{"ts":"1970-01-01T00:00:02Z"}\n{}\nraw\n'
    assert len(select(LogQuery(window=Window(10**9)), content)) == 1


def test_bad_patterns_are_refused_before_anything_is_read() -> None:
    with pytest.raises(InvalidArgument):
        Matcher(LogQuery(grep="("), "/a.log", 100)
