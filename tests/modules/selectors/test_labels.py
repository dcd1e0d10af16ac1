"""Label selectors hold for exactly the labels that a naive reading of them accepts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.modules.selectors.labels import parse_label_selector

KEYS = ("a", "app", "example.com/tier")
VALUES = ("", "1", "2", "web", "db")
Requirement = tuple[str, str, tuple[str, ...]]

labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))
requirements = st.one_of(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(("=", "==", "!=")), st.tuples(st.sampled_from(VALUES))),
    st.tuples(
        st.sampled_from(KEYS),
        st.sampled_from(("in", "notin")),
        st.lists(st.sampled_from(VALUES), min_size=1).map(tuple),
    ),
    st.tuples(st.sampled_from(KEYS), st.sampled_from(("<", ">")), st.tuples(st.sampled_from(("0", "1", "2")))),
    st.tuples(st.sampled_from(KEYS), st.sampled_from(("exists", "absent")), st.just(())),
)


def holds(requirement: Requirement, found: dict[str, str]) -> bool:
    key, operator, values = requirement
    if operator == "absent":
        return key not in found
    if key not in found:
        return False
    value = found[key]
    if operator in ("<", ">"):
        return value.isdecimal() and (int(value) < int(values[0]) if operator == "<" else int(value) > int(values[0]))
    return {
        "exists": True,
        "=": value in values,
        "==": value in values,
        "in": value in values,
        "!=": value not in values,
        "notin": value not in values,
    }[operator]


def render(requirement: Requirement, space: str) -> str:
    key, operator, values = requirement
    if operator == "exists":
        return f"{space}{key}"
    if operator == "absent":
        return f"!{space}{key}"
    if operator in ("in", "notin"):
        return f"{key} {operator}{space}({f'{space},{space}'.join(values)}{space})"
    return f"{key}{space}{operator}{space}{values[0]}"


@given(st.lists(requirements, min_size=1, max_size=4), labels, st.sampled_from(("", " ", "  ")))
def test_a_selector_equals_the_naive_reading(wanted: list[Requirement], found: dict[str, str], space: str) -> None:
    selector = parse_label_selector(f"{space},{space}".join(render(one, space) for one in wanted))
    assert selector is not None
    assert selector(found) == all(holds(one, found) for one in wanted)


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_selector_is_none_at_all(text: str) -> None:
    assert parse_label_selector(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "=",
        "a=b,",
        "a in b",
        "a in (b",
        "a ~ b",
        "a=b c",
        "-a=b",
        "a=-b",
        "a/b/c=d",
        "A_/b=1",
        "x" * 64 + "=1",
        "a=" + "v" * 64,
        "a>x",
        "!",
        "a in (b c)",
        "a=b)(",
        "%",
        "a!",
        "/a=b",
        "é=1",
    ],
)
def test_what_is_no_selector_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_label_selector(text)
    assert caught.value.what == "label-selector"
    assert caught.value.value == text


@pytest.mark.parametrize(
    "text",
    ["a>1_0", "a>٣", "a<" + "9" * 5000, "k" * 60_000, "a=" + "v" * 60_000, "a b" + "c" * 60_000],
    ids=lambda text: text[:5],
)
def test_an_error_is_short_and_a_number_is_one(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_label_selector(text)
    assert len(str(caught.value)) < 300


def test_a_label_is_compared_where_it_is_a_number() -> None:
    more = parse_label_selector("n>1")
    assert more is not None
    assert [more({"n": text}) for text in ("2", "-2", "1_0", "٣", "", "9" * 5000)] == [True, *[False] * 5]


@given(st.text(max_size=30))
def test_any_text_is_a_selector_or_a_clear_error(text: str) -> None:
    try:
        parse_label_selector(text)
    except InvalidArgument:
        pass
