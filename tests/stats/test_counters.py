"""Counts of several processes add up; what was set is no count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.stats.counters import Count, add_counts, added, count_of, less, read_counts
from corvo_agent.stats.variables import DROPPED, MAX_KEYS, MAX_VARIABLES, Float, Func, Int, Map, String

NUMBERS = st.integers(0, 10**12)
COUNTS: st.SearchStrategy[Count] = NUMBERS | st.dictionaries(st.text(), NUMBERS, max_size=4)


def test_only_what_was_counted_is_a_count() -> None:
    counted, was_set, both = Int(3), Int(), Map()
    counted.add(2)
    was_set.set(5)
    both.add("seen", 4)
    both.set("size", 9)
    both.set("inner", Int(1))
    found = [count_of(each) for each in (counted, was_set, both, Map(), Float(1.5), String("x"), Func(int))]
    assert found == [5, None, {"seen": 4}, None, None, None, None]


@given(COUNTS, COUNTS)
def test_what_was_added_can_be_taken_away(one: Count, other: Count) -> None:
    assert added(one, None) == added(None, one) == (one or 0)
    if isinstance(one, dict) == isinstance(other, dict):
        assert added(one, other) == added(other, one)
        rest = less(added(one, other), other)
        wanted = {**dict.fromkeys(other, 0), **one} if isinstance(one, dict) and isinstance(other, dict) else one
        assert rest == wanted


def test_what_was_cleared_has_counted_what_it_shows() -> None:
    assert less(2, 7) == 2
    assert less({"a": 1}, {"a": 5, "b": 2}) == {"a": 1}
    assert less(2, {"a": 1}) == 2


def test_what_is_no_count_is_left_out() -> None:
    assert read_counts({"a": 1, "b": "x", "c": {"d": 2.5}, "e": {"f": None}}) == {"a": 1, "c": {"d": 2.5}}
    assert read_counts([1]) == {}


def test_names_that_never_end_find_no_room_and_are_counted() -> None:
    sums: dict[str, Count] = {}
    for process in range(5):
        customers: dict[str, int | float] = {f"customer{process}-{number}": 1 for number in range(MAX_KEYS // 2)}
        add_counts(sums, {"requests": 2, "customers": customers, **{f"n{process}-{each}": 1 for each in range(3000)}})
    assert sums["requests"] == 10
    seen = sums["customers"]
    assert isinstance(seen, dict)
    assert (len(seen), seen[DROPPED]) == (MAX_KEYS + 1, 3 * (MAX_KEYS // 2))
    assert (len(sums), sums[DROPPED]) == (MAX_VARIABLES + 1, 5 * 3000 + 2 - MAX_VARIABLES)
    # Those that are known go on.
    add_counts(sums, {"customers": {"customer0-1": 3}})
    assert (sums["customers"], sums[DROPPED]) == ({**seen, "customer0-1": 4}, 5002)
