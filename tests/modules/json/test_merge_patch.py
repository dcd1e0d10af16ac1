"""Merge patches are those of the RFC, and what is made from two states leads from one to the other."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.modules.json.merge_patch import difference, merge

LEAVES = st.one_of(st.booleans(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2))
OBJECTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(LEAVES, lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3), max_leaves=6),
    max_size=4,
)


@settings(deadline=None)
@given(OBJECTS, OBJECTS)
def test_merged_into_the_old_state_it_gives_the_new_one(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert merge(old, difference(old, new)) == new


@settings(deadline=None)
@given(OBJECTS)
def test_between_equal_states_there_is_none(state: dict[str, Any]) -> None:
    assert difference(state, state) == {}


def test_it_holds_nothing_but_what_differs() -> None:
    old = {"meta": {"name": "m", "labels": {"a": "1", "b": "2"}}, "spec": {"log-level": "Info", "args": ["x"]}}
    new = {"meta": {"name": "m", "labels": {"b": "3"}}, "spec": {"log-level": "Info", "args": ["x", "y"]}}
    assert difference(old, new) == {"meta": {"labels": {"a": None, "b": "3"}}, "spec": {"args": ["x", "y"]}}


json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, json_values)
def test_a_merge_patch_is_that_of_the_rfc(target: object, patch: object) -> None:
    merged = merge(target, patch)
    if not isinstance(patch, dict):
        assert merged == patch
        return
    base = target if isinstance(target, dict) else {}
    for key in {*base, *patch}:
        if key not in patch:
            assert merged[key] == base[key]
        elif patch[key] is None:
            assert key not in merged
        else:
            assert merged[key] == merge(base.get(key), patch[key])
