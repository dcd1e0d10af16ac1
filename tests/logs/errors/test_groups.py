"""Counting by kinds: how many, since when, the newest, and what could not be judged."""

from __future__ import annotations

from corvo_agent.logs.errors.groups import MOST_KINDS, MOST_LINES, group_errors
from corvo_agent.logs.lines.marker import Gap, left_out


def line(second: int, text: str) -> dict[str, str]:
    return {"level": "error", "ts": f"2026-11-24T10:00:{second:02}Z", "msg": text}


def test_errors_are_counted_by_kind_with_their_times_and_the_newest() -> None:
    lines = [line(3, "order 1 lost"), line(1, "order 2 lost"), line(2, "disk full"), line(9, "order 3 lost")]
    found = group_errors([*lines, {"level": "error", "msg": "order 4 lost"}])
    assert (found.count, found.others, found.remarks) == (5, 0, ())
    first, second = (group.as_json() for group in found.groups)
    assert (first["count"], first["message"], first["newest"]["msg"]) == (4, "order <n> lost", "order 3 lost")
    assert (first["first"], first["last"]) == ("2026-11-24T10:00:01Z", "2026-11-24T10:00:09Z")
    assert (second["count"], second["newest"]["msg"]) == (1, "disk full")


def test_errors_without_any_time_have_none_and_the_last_is_the_newest() -> None:
    found = group_errors([{"level": "error", "msg": f"lost {number}"} for number in range(3)]).groups[0].as_json()
    assert (found["first"], found["last"], found["newest"]["msg"]) == (None, None, "lost 2")


def test_what_could_not_be_judged_is_told_and_counts_as_no_error() -> None:
    found = group_errors([left_out(Gap.LEVEL, 3, "x.log"), line(1, "a")])
    assert (found.count, found.remarks) == (1, ("3 lines without a level that can be read were left out",))


def test_kinds_are_bounded_and_the_rest_is_counted() -> None:
    kinds = [line(1, f"kind {'x' * (number + 1)}") for number in range(MOST_KINDS + 7)]
    found = group_errors(kinds)
    assert (len(found.groups), found.others, found.count) == (MOST_KINDS, 7, MOST_KINDS + 7)
    assert found.as_json()["others"] == 7


def test_an_answer_that_was_full_says_so() -> None:
    found = group_errors([line(1, "a")] * MOST_LINES)
    assert found.remarks == (f"only the newest {MOST_LINES} errors were looked at",)
