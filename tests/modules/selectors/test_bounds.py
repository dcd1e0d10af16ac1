"""A selector asks for so much and no more, in the words of the parameter that it came by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.modules.model import Module
from corvo_agent.modules.selectors.bounds import MAX_CONDITIONS, MAX_LENGTH
from corvo_agent.modules.selectors.fields import parse_field_change, parse_field_selector
from corvo_agent.modules.selectors.labels import parse_label_selector

Parse = Callable[[str], Any]


@pytest.mark.parametrize(
    ("what", "parse", "condition"),
    [("label-selector", parse_label_selector, "!a"), ("field-selector", parse_field_selector, "name!=a")],
)
def test_conditions_are_bounded(what: str, parse: Parse, condition: str) -> None:
    selects = parse(",".join([condition] * MAX_CONDITIONS))
    assert selects({} if what == "label-selector" else Module())
    with pytest.raises(InvalidArgument, match=f"{what}: must have at most {MAX_CONDITIONS} conditions, has 1001"):
        parse(",".join([condition] * (MAX_CONDITIONS + 1)))
    with pytest.raises(InvalidArgument, match=f"{what}: must have at most {MAX_LENGTH} characters") as caught:
        # As long as a message over gRPC may be: reading all of it would take seconds.
        parse(",".join([condition] * 1_000_000))
    assert len(str(caught.value)) < 300


def test_parts_whose_change_is_watched_are_bounded() -> None:
    assert parse_field_change(["Spec"] * MAX_CONDITIONS) is not None
    with pytest.raises(InvalidArgument, match="field-change-selector: must have at most"):
        parse_field_change(["Spec"] * (MAX_CONDITIONS + 1))


def test_a_list_of_values_is_one_condition() -> None:
    names = ",".join(f"n{number}" for number in range(9000))
    selects = parse_label_selector(f"a in ({names})")
    assert selects is not None
    assert [selects({"a": "n8999"}), selects({"a": "x"})] == [True, False]
