"""Going on in a log that was lost: with a cursor, and without one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.cli.logs.resume import Resume
from corvo_agent.logs.lines.marker import CURSOR, GAP, MARKER


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
    assert resume.parameters()["since"] == "2026-11-23T04:02:02+01:00"


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
