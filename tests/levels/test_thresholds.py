from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.levels import thresholds
from corvo_agent.levels.thresholds import Thresholds, merge

NAMES = st.lists(st.sampled_from(["a", "b", "ab", "", "x.y"]), max_size=4).map(".".join)


@settings(max_examples=100)
@given(st.dictionaries(NAMES, st.integers(1, 60), max_size=6), st.lists(NAMES, max_size=8))
def test_the_nearest_named_ancestor_decides(levels: dict[str, int], names: list[str]) -> None:
    rule = Thresholds(levels)
    for name in names:
        ancestors = [n for n in levels if n == "" or name == n or name.startswith(n + ".")]
        expected = levels[max(ancestors, key=len)] if ancestors else 0
        assert expected == rule.of(name) == rule.of(name)


def test_lowest_is_what_every_logger_needs() -> None:
    assert Thresholds({}).lowest == 0
    assert Thresholds({"a": 40}).lowest == 0
    assert Thresholds({"": 20, "a": 40}).lowest == 20
    assert Thresholds({"": 40, "a": 10}).lowest == 10


def test_a_later_part_outranks_an_earlier_one() -> None:
    merged = merge([Thresholds({"": 20, "a": 10}), Thresholds({"a": 40})])
    assert merged == Thresholds({"": 20, "a": 40})
    assert hash(merged) == hash(Thresholds({"a": 40, "": 20}))
    assert "'a': 40" in repr(merged)


def test_remembered_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "REMEMBERED_NAMES", 1000)
    rule = Thresholds({"": 20, "kept": 10})
    for number in range(thresholds.REMEMBERED_NAMES * 2 + 10):
        assert rule.of(f"name{number}") == 20
    assert len(rule._known) <= thresholds.REMEMBERED_NAMES + 2
    assert rule.of("kept.child") == 10
