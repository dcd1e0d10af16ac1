"""YAML that a person edits: read as it was written, and mistakes have a place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.cli.show.yaml_format import read_yaml, write_yaml
from corvo_agent.errors import InvalidArgument

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(VALUES)
def test_what_is_written_is_read_back_and_drives_no_terminal(value: object) -> None:
    text = write_yaml(value)
    assert read_yaml(text) == value
    assert not [char for char in text if (ord(char) < 0x20 and char != "\n") or 0x7F <= ord(char) <= 0x9F]


@pytest.mark.parametrize("text", ["yes", "null", "1", "1.5", "2026-11-23", "~", "", " ", "a: b", "# x", "- a", "x\ny"])
def test_texts_that_look_like_something_else_stay_texts(text: str) -> None:
    assert read_yaml(write_yaml({"v": text})) == {"v": text}


def test_keys_keep_their_order_and_documents_follow_one_another() -> None:
    assert write_yaml({"b": 1, "a": 2}) == "b: 1\na: 2\n"
    assert write_yaml({"b": 1}, document=True) == "---\nb: 1\n"


def test_times_in_yaml_stay_texts_and_mistakes_have_a_place() -> None:
    assert read_yaml("at: 2026-11-23T04:02:06Z") == {"at": "2026-11-23T04:02:06Z"}
    with pytest.raises(InvalidArgument, match="line 2, column"):
        read_yaml("a: 1\nb: [")
    with pytest.raises(InvalidArgument):
        read_yaml("!!python/object:os.system {}")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "a: 1\na: [", "{", "a: !!python/name:os.system", "\x00", "a: b: c", "&a [*a"]
)
def test_what_is_no_yaml_is_refused_with_an_error_of_ours(text: str) -> None:
    with pytest.raises(InvalidArgument, match="YAML"):
        read_yaml(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("spec:\n  1: 2", "line 2, column 3: a key must be text"),
        ("yes: no", "a key must be text"),
        ("? [a]\n: 1", "line 1, column 3: a key must be text"),
        ("a: 1\nb: 2\na: 3", "line 3, column 1: the key a stands there twice"),
        ("a: .nan", "line 1, column 4: .nan is no number"),
        ("a: -.inf", "no number that JSON has"),
        ("a: !!binary aGk=", "line 1, column 4"),
        ("a: !!set {b, c}", "line 1, column 4"),
        ("a: !!timestamp 2026-11-23", "line 1, column 4"),
    ],
)
def test_what_json_cannot_say_is_refused_where_it_stands(text: str, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        read_yaml(text)


def test_what_is_merged_may_be_said_anew() -> None:
    assert read_yaml("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  x: 3") == {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 2}}


@settings(deadline=None)
@given(st.text("ab: -[]{}#&*!|>'\"%@`\n\t,?0.", max_size=30))
def test_any_text_is_a_value_or_a_clear_error(text: str) -> None:
    try:
        read_yaml(text)
    except InvalidArgument:
        pass
