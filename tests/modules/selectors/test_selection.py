"""What a list and a watch let through."""

from __future__ import annotations

import pytest

from corvo_agent.modules.kv import ChangeType
from corvo_agent.modules.selectors.fields import parse_field_change, parse_field_selector
from corvo_agent.modules.selectors.labels import parse_label_selector
from corvo_agent.modules.selectors.selection import Selection

from ...gateway.modules import module

FOUND = module("n1-a", labels={"team": "net"}, level="Debug")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), True),
        (Selection("n1-a"), True),
        (Selection("n1-b"), False),
        (Selection(labels=parse_label_selector("team=net")), True),
        (Selection(labels=parse_label_selector("team=db")), False),
        (Selection(fields=parse_field_selector("spec.log-level=debug")), True),
        (Selection(fields=parse_field_selector("spec.log-level=info")), False),
        (Selection("n1-a", parse_label_selector("team=net"), parse_field_selector("spec.log-level=info")), False),
    ],
)
def test_all_of_it_has_to_match(selection: Selection, expected: bool) -> None:
    assert selection.matches(FOUND) is expected
    for type in ChangeType:
        assert selection.passes(type, FOUND, None) is expected


def test_only_updates_are_held_against_what_has_to_change() -> None:
    selection = Selection(changed=parse_field_change(["Spec"]))
    moved, louder = module("n1-a", node="n2"), module("n1-a", level="Debug")
    before = module("n1-a")
    assert not selection.passes(ChangeType.UPDATED, moved, before)
    assert selection.passes(ChangeType.UPDATED, louder, before)
    # Without the state before it nobody can say that it did not change.
    assert selection.passes(ChangeType.UPDATED, moved, None)
    for type in (ChangeType.CREATED, ChangeType.DELETED):
        assert selection.passes(type, moved, before)


def test_a_change_of_what_is_not_wanted_does_not_pass() -> None:
    selection = Selection("n1-b", changed=parse_field_change(["Spec"]))
    assert not selection.passes(ChangeType.UPDATED, module("n1-a", level="Debug"), module("n1-a"))
