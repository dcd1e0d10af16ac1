"""Counts of several processes add up; what was set is no count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.stats.counters import Count, added, count_of, less, read_counts
from corvo_agent.stats.variables import Float, Func, Int, Map, String

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
