"""What is found is collected until it is enough or there is no more room."""

from __future__ import annotations

from corvo_agent.logs.files.splitter import Lines
from corvo_agent.logs.limits import ReadLimits
from corvo_agent.logs.search.collector import MatchCollector
from corvo_agent.logs.search.matcher import Matcher
from corvo_agent.logs.search.query import LogQuery

MATCHER = Matcher(LogQuery(), "s", 1000)
A, B, C, D = (b"%c" % letter for letter in b"abcd")


def taken(collector: MatchCollector) -> str:
    return "".join(record["msg"] for record in collector.records())


def test_backwards_the_newest_are_kept() -> None:
    found = MatchCollector(LogQuery(lines=2), ReadLimits(), forward=False, skip=1)
    assert found.take(Lines([C, D], 20), MATCHER) == 20
    assert (found.skip, found.wanted) == (0, 1)
    assert found.take(Lines([A, B], 10), MATCHER) == 12
    assert (taken(found), found.wanted, found.is_full) == ("bc", 0, False)


def test_forwards_the_oldest_are_kept() -> None:
    found = MatchCollector(LogQuery(lines=2), ReadLimits(), forward=True, skip=1)
    assert found.take(Lines([A, B], 10), MATCHER) == 14
    assert found.take(Lines([C, D], 20), MATCHER) == 22
    assert (taken(found), found.wanted) == ("bc", 0)


def test_there_is_room_for_one_at_least() -> None:
    for forward, offset, letter in ((True, 12, "a"), (False, 16, "d")):
        found = MatchCollector(LogQuery(), ReadLimits(max_answer_bytes=1), forward=forward, skip=0)
        assert found.take(Lines([A, B, C, D], 10), MATCHER) == offset
        assert (taken(found), found.is_full) == (letter, True)


def test_room_is_counted_in_what_is_sent() -> None:
    # Bytes that are no UTF-8 take three times their room.
    line = b"\xff" * 100
    found = MatchCollector(LogQuery(), ReadLimits(max_answer_bytes=1000), forward=True, skip=0)
    assert found.take(Lines([line] * 2, 0), MATCHER) == 202
    assert not found.is_full
    assert found.take(Lines([line] * 4, 202), MATCHER) == 303
    assert found.is_full
    assert len(found.records()) == 3
