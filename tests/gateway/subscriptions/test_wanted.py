"""Members of a subscription are read strictly: what is misspelt or too much is refused by its name."""

from __future__ import annotations

from typing import Any

import pytest

from corvo_agent.errors import CorvoError, DecodeError, ResourceExhausted
from corvo_agent.gateway.subscriptions.wanted import SELECTORS, check_members, names, options_of, text, texts


def test_what_is_there_is_read_and_what_is_not_is_empty() -> None:
    wanted = {"label-selector": "a=b", "name": "m", "measure": ["x", "y", "x"], "parameters": {"lines": "5"}}
    assert options_of(wanted).label_selector == "a=b"
    assert names(wanted, "measure", 5) == ("x", "y")
    assert texts(wanted, "parameters") == {"lines": "5"}
    assert (text({}, "a"), names({}, "a", 1), texts({}, "a")) == ("", (), {})
    check_members(wanted, (*SELECTORS, "measure", "parameters"))


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"name": 1}, DecodeError),
        ({"name": "x" * 5000}, DecodeError),
        ({"measure": "a"}, DecodeError),
        ({"measure": [""]}, DecodeError),
        ({"measure": ["a", "b"]}, ResourceExhausted),
        ({"parameters": {"lines": 5}}, DecodeError),
        ({"other": 1}, DecodeError),
    ],
)
def test_what_is_wrong_is_refused(wanted: dict[str, Any], error: type[CorvoError]) -> None:
    with pytest.raises(error):
        read(wanted)


def read(wanted: dict[str, Any]) -> None:
    check_members(wanted, ("name", "measure", "parameters"))
    text(wanted, "name")
    names(wanted, "measure", 1)
    texts(wanted, "parameters")
