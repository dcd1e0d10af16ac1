"""Going on in a log that was lost: with a cursor, and without one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.logs.files.cursor import Cursor, FileMark
from corvo_agent.logs.files.places import decode_places
from corvo_agent.logs.lines import marker
from corvo_agent.logs.lines.marker import CURSOR, GAP, MARKER, Gap
from corvo_agent.logs.tail.resume import Resume

MARK = FileMark.of(b"x" * 200, 7)


def line(second: int, msg: str) -> dict[str, str]:
    return {"ts": f"2026-11-23T04:02:{second:02}Z", "msg": msg}


def test_a_cursor_is_sent_back() -> None:
    resume = Resume({"lines": "5", "level": "Warn"})
    assert resume.parameters() == {"lines": "5", "level": "Warn"}
    assert resume.take([line(1, "a"), {"level": MARKER, "msg": "here", CURSOR: "c1"}]) == [line(1, "a")]
    assert resume.parameters() == {"lines": "5", "level": "Warn", "cursor": "c1"}


def test_a_gap_is_shown() -> None:
    gap = {"level": MARKER, "msg": "lines may be missing", GAP: "vanished"}
    assert Resume({}).take([gap]) == [gap]


def test_without_a_cursor_lines_are_asked_for_again_and_told_once() -> None:
    resume = Resume({"lines": "5"})
    resume.take([line(1, "a"), line(2, "b"), line(2, "b"), line(2, "c")])
    assert resume.parameters()["since"] == "2026-11-23T04:02:02Z"
    again = [line(2, "b"), line(2, "b"), line(2, "c"), line(2, "b"), line(3, "d")]
    assert resume.take(again) == [line(2, "b"), line(3, "d")]


def test_a_time_of_another_key_is_gone_on_from() -> None:
    resume = Resume({"lines": "5"})
    resume.take([{"time": "2026-11-23T04:02:02+01:00", "msg": "a"}])
    assert resume.parameters()["since"] == "2026-11-23T03:02:02Z"


def test_a_time_that_is_a_number_is_gone_on_from() -> None:
    resume = Resume({"lines": "5"})
    resume.take([{"ts": "1795514400.5", "msg": "a"}])
    assert resume.parameters()["since"] == "2026-11-24T10:00:00.5Z"


def test_places_of_several_logs_are_sent_back_together() -> None:
    resume, places = Resume({"lines": "5"}), {"/a": Cursor(MARK, 1, forward=True), "/b": Cursor(MARK, 2, forward=True)}
    resume.take([marker.position(cursor.encode(), path) for path, cursor in places.items()])
    assert decode_places(resume.parameters()["cursor"]) == places
    newer = Cursor(MARK, 9, forward=True)
    assert resume.take([line(1, "a"), marker.position(newer.encode(), "/b")]) == [line(1, "a")]
    assert decode_places(resume.parameters()["cursor"]) == {**places, "/b": newer}
    lost = marker.gap(Gap.CURSOR, "/a")
    assert resume.take([lost]) == [lost]
    assert decode_places(resume.parameters()["cursor"]) == {"/b": newer}
    # Another agent answers now, of one log.
    resume.take([marker.position("c1")])
    assert resume.parameters()["cursor"] == "c1"


def test_a_line_is_no_remark_whatever_it_says() -> None:
    resume = Resume({"lines": "5"})
    said = {"level": "info", "corvo.cursor": "zzz", "source": "/a", "msg": "m"}
    assert resume.take([said]) == [said]
    assert resume.parameters() == {"lines": "5"}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("xy")), max_size=20), st.lists(st.integers(0, 20)))
def test_a_log_in_the_order_of_time_is_told_whole_however_often_it_is_lost(
    written: list[tuple[int, str]], lengths: list[int]
) -> None:
    log = [line(second, msg) for second, msg in sorted(written)]
    resume, shown = Resume({"lines": "100"}), []
    # The log as long as it is at each contact; at the end it is whole.
    for length in [*sorted(lengths), len(log)]:
        since = resume.parameters().get("since", "")
        shown += resume.take([record for record in log[:length] if record["ts"] >= since])
    assert shown == log
