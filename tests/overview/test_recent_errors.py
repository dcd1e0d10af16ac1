"""Errors of the last minutes: what is counted over many looks is what is there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.lines import marker
from corvo_agent.logs.lines.marker import Gap, Truncation
from corvo_agent.overview.recent_errors import MOST_ERRORS, RecentErrors, judged
from corvo_agent.timestamps import format_rfc3339, parse_rfc3339

SECOND = 10**9
START = 1_764_130_000 * SECOND


def line(time: int) -> dict[str, str]:
    return {"level": "error", "msg": "x", "ts": format_rfc3339(time)}


@given(
    st.lists(st.integers(0, 1500), max_size=60),
    st.lists(st.integers(1, 400), min_size=1, max_size=12),
)
def test_looks_at_any_times_count_every_line_of_the_time_once(times: list[int], pauses: list[int]) -> None:
    written = sorted(START + seconds * SECOND for seconds in times)
    recent, now = RecentErrors(600), START
    for pause in pauses:
        now += pause * SECOND
        asked = recent.parameters(now)
        since = parse_rfc3339(asked["since"])
        recent.take([line(time) for time in written if since <= time <= now], now)
        step = 10 * SECOND
        first = (now - 600 * SECOND) // step * step
        assert recent.count(now) == sum(first <= time <= now for time in written)
        assert not recent.at_least


def test_only_the_first_look_is_about_all_of_the_time() -> None:
    recent = RecentErrors(600)
    recent.take([], START)
    assert START - parse_rfc3339(recent.parameters(START + 5 * SECOND)["since"]) <= 30 * SECOND


def test_a_line_that_is_written_late_counts() -> None:
    recent = RecentErrors(600)
    recent.take([], START)
    recent.take([line(START - 3 * SECOND)], START + 5 * SECOND)
    assert recent.count(START + 5 * SECOND) == 1


def test_an_answer_that_was_cut_counts_as_at_least_until_its_time_is_over() -> None:
    recent = RecentErrors(600)
    recent.take([line(START - SECOND)] * MOST_ERRORS, START)
    assert (recent.count(START), recent.at_least) == (MOST_ERRORS, True)
    later = START + 700 * SECOND
    recent.take([], later)
    assert (recent.count(later), recent.at_least) == (0, False)


def test_remarks_are_no_errors() -> None:
    answer = [line(START), marker.left_out(Gap.LEVEL, 3, "a.log"), marker.truncated(Truncation.DEADLINE)]
    lines, remarks, cut = judged(answer)
    assert (len(lines), len(remarks), cut) == (1, 1, True)
