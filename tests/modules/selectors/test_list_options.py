"""What the query of a URL asks for, however its names are spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError, InvalidArgument
from corvo_agent.modules.selectors.list_options import ListOptions, flag, integer, parse_options

from ...gateway.modules import module

FULL = ListOptions("n1-a", "7", "team=net", "kind=Module", ("Spec", "Status.Node"), 5, 10, "by-name")
DASHES = "O.name O.resource-version label-selector field-selector field-change-selector max-results sort-order"
ORIGINAL = "o.Name O.ResourceVersion LabelSelector FieldSelector FieldChangeSelector MaxResults SortOrder"


@pytest.mark.parametrize("spelling", [DASHES, ORIGINAL], ids=["dashes", "original"])
def test_every_parameter_has_its_place_in_both_spellings(spelling: str) -> None:
    name, version, labels, fields, change, most, order = spelling.split()
    query = [
        (name, "n1-a"),
        (version, "7"),
        (labels, "team=net"),
        (fields, "kind=Module"),
        (change, "Spec"),
        (change, "Status.Node"),
        ("From", "5"),
        (most, "10"),
        (order, "by-name"),
        ("unknown", "ignored"),
    ]
    assert parse_options(query) == FULL
    assert parse_options([]) == ListOptions()


def test_the_first_of_two_counts() -> None:
    assert parse_options([("O.name", "a"), ("o.name", "b")]).name == "a"


@pytest.mark.parametrize("name", ["from", "max-results"])
@pytest.mark.parametrize(
    "text", ["x", "1.5", "9223372036854775808", "-9223372036854775809", "9" * 5000, "0x10", "1_0", " 1", "٣"]
)
def test_what_is_no_number_of_64_bits_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(DecodeError, match=f"{name}: parsing"):
        parse_options([(name, text)])


def test_a_version_is_a_number_and_none_is_0() -> None:
    assert ListOptions().version() == 0
    assert ListOptions(resource_version="12").version() == 12
    with pytest.raises(DecodeError, match=r"O\.resource-version"):
        ListOptions(resource_version="new").version()


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_number_is_read_as_it_is_written(number: int) -> None:
    assert integer("from", str(number)) == number


@pytest.mark.parametrize(
    ("text", "expected"), [("", False), ("true", True), ("True", True), ("1", True), ("false", False), ("0", False)]
)
def test_a_flag(text: str, expected: bool) -> None:
    assert flag("consistent", text) is expected


@pytest.mark.parametrize("text", ["yes", " true", "2"])
def test_what_is_neither_true_nor_false_is_refused(text: str) -> None:
    with pytest.raises(DecodeError, match=r"consistent: parsing .*: neither true nor false"):
        flag("consistent", text)


def test_the_selection_holds_all_of_it() -> None:
    selection = FULL.selection()
    assert selection.name == "n1-a"
    assert selection.matches(module("n1-a", labels={"team": "net"}))
    assert not selection.matches(module("n1-a", labels={"team": "db"}))
    assert selection.changed is not None
    assert ListOptions().selection().matches(module())


@pytest.mark.parametrize(
    "options",
    [ListOptions(label_selector="="), ListOptions(field_selector="nope=1"), ListOptions(field_change=("Nope",))],
)
def test_a_bad_selector_is_refused_when_it_is_used(options: ListOptions) -> None:
    with pytest.raises(InvalidArgument):
        options.selection()
