"""What is new in one answer after another, whichever form of the original gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.diagnostics.client.polled_log import PolledLog

Record = dict[str, str]
Peer = Callable[[list[Record], Mapping[str, str]], list[Record]]


def of_a_file(records: list[Record], asked: Mapping[str, str]) -> list[Record]:
    return records[max(len(records) - int(asked["lines"]), 0) :]


def of_an_index(records: list[Record], asked: Mapping[str, str]) -> list[Record]:
    first = int(asked["from"])
    return [record for record in records if record["day"] == asked["day"]][first : first + int(asked["max-results"])]


def news(log: PolledLog, peer: Peer, records: list[Record], day: str) -> list[Record]:
    found = log.take(peer(records, log.parameters(day)))
    while log.behind:
        found += log.take(peer(records, log.parameters(day)))
    return found


@pytest.mark.parametrize("peer", [of_a_file, of_an_index])
@settings(max_examples=30)
@given(steps=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 2)), max_size=8), first=st.integers(0, 2500))
def test_every_line_is_told_once_and_in_order(peer: Peer, steps: list[tuple[int, int]], first: int) -> None:
    log, day = PolledLog(300, "h:1"), date(2026, 11, 25)
    records = [{"msg": str(number), "day": str(day)} for number in range(first)]
    told = news(log, peer, records, str(day))
    # Of a file the older ones are not to be had.
    skipped = 0 if peer is of_an_index else max(first - 1000, 0)
    assert told == records[skipped:]
    for count, days in steps:
        records += [{"msg": str(len(records) + number), "day": str(day)} for number in range(count)]
        day += timedelta(days)
        told += news(log, peer, records, str(day))
    # A day that was slept through is asked for, too.
    for _ in range(2 * len(steps) + 2):
        told += news(log, peer, records, str(day))
    assert told == records[skipped:]


def test_lines_that_were_overtaken_are_told_of() -> None:
    log = PolledLog(10, "h:1")
    records = [{"msg": str(number)} for number in range(1000)]
    assert len(news(log, of_a_file, records, "1")) == 1000
    records += [{"msg": str(number)} for number in range(1000, 2500)]
    remark, *found = log.take(of_a_file(records, log.parameters("1")))
    assert (remark["corvo.gap"], remark["source"]) == ("polled", "h:1")
    assert found == records[-1000:]


def test_a_log_of_equal_lines_is_no_burden() -> None:
    log = PolledLog(10, "h:1")
    tick, tock = {"msg": "tick"}, {"msg": "tock"}
    # Compared from each place on, these would take fifty million comparisons.
    assert log.take([*[tick] * 9999, tock])[-1] == tock
    assert len(log.take([tick] * 10_000)) == 10_000
    assert [record["msg"] for record in log.take([*[tick] * 9999, tock])] == ["tock"]


def test_equal_lines_are_counted() -> None:
    log = PolledLog(10, "h:1")
    tick, tock = {"msg": "tick"}, {"msg": "tock"}
    assert log.take([tick, tick]) == [tick, tick]
    assert log.take([tick, tick, tick]) == [tick]
    assert log.take([tick, tick, tick, tock]) == [tock]
    assert log.take([]) == []


@pytest.mark.parametrize(("lines", "size"), [(1, "1000"), (5000, "5000"), (10**6, "10000")])
def test_enough_is_asked_for_to_find_the_place_again(lines: int, size: str) -> None:
    asked = PolledLog(lines, "h:1").parameters("2026-11-25")
    assert asked == {"lines": size, "max-results": size, "from": "0", "day": "2026-11-25"}
