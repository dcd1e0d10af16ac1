"""What is a change for a history, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.history.changes import deletion, module_changes, override, override_end
from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta

NOW = 1_000


def module(revision: int, level: str = "Info", **more: Any) -> Module:
    labels = more.pop("labels", {})
    meta = ObjectMeta(name="a1", resource_version=str(revision), labels=labels)
    return Module(meta, ModuleSpec(log_level=level, **more))


def test_levels_other_parts_of_the_spec_and_labels_are_told_apart() -> None:
    old, new = module(3), module(8, "Debug", enable_trace=True, labels={"team": "net"})
    found = module_changes(old, new, 8, NOW)
    assert [(each.what, each.since, each.revision) for each in found] == [
        ("level", 3, 8),
        ("spec", 3, 8),
        ("labels", 3, 8),
    ]
    assert (found[0].level_from, found[0].level_to) == ("Info", "Debug")
    assert (found[1].change, found[2].change) == ({"enable-trace": True}, {"team": "net"})
    assert module_changes(new, module(9, "debug", enable_trace=True, labels={"team": "net"}), 9, NOW) == []


def test_a_status_is_no_change() -> None:
    old = module(3)
    status = ModuleStatus(restart_count=7)
    assert module_changes(old, Module(module(4).meta, old.spec, status), 4, NOW) == []


def test_a_level_that_names_none_is_told_as_it_was_written() -> None:
    bad = Module(module(4).meta, ModuleSpec(), invalid="x", unread={"spec": {"log-level": "Loud"}})
    assert [each.level_to for each in module_changes(module(3), bad, 4, NOW)] == ["Loud"]
    assert [each.level_from for each in module_changes(bad, module(5), 5, NOW)] == ["Loud"]


def test_the_beginning_and_the_end() -> None:
    (created,) = module_changes(None, module(5, "Warn"), 5, NOW)
    assert (created.what, created.level_to) == ("create", "Warn")
    (deleted,) = module_changes(module(5), None, 9, NOW)
    assert (deleted.what, deleted.since, deleted.revision) == ("delete", 5, 9)
    # The one that deletes it does not learn when; it is the same deletion all the same.
    assert deletion(module(5), NOW).is_same(deleted)
    assert module_changes(None, None, 9, NOW) == []


def test_an_override_has_what_held_before_and_its_end_what_holds_then() -> None:
    spec, first = ModuleSpec("Info"), Control("Warn", until=2 * NOW, id="process", revision=5)
    then = Control("Debug", until=3 * NOW, by="al", reason="slow", id="process", revision=7)
    entry = override("a1", then, spec, [first], NOW)
    assert entry is not None
    assert (entry.level_from, entry.level_to, entry.until) == ("Warn", "Debug", 3 * NOW)
    assert (entry.by, entry.reason, entry.since, entry.revision) == ("al", "slow", 6, 7)
    end = override_end("a1", then, spec, [then], NOW, 12)
    assert end is not None
    assert (end.level_from, end.level_to, end.since, end.revision) == ("Debug", "Info", 7, 12)
    of_logger = Control("Debug", logger="http", id="logger:http", revision=9)
    entry = override("a1", of_logger, spec, [then], NOW)
    assert entry is not None
    assert entry.level_from == ""


@pytest.mark.parametrize(
    ("control", "others"),
    [
        (Control("Debug", until=NOW, id="a", revision=5), []),
        (Control("Debug", id="a", revision=5), [Control("Warn", id="b", revision=6)]),
    ],
)
def test_what_is_over_or_replaced_does_not_end_anew(control: Control, others: list[Control]) -> None:
    assert override_end("a1", control, ModuleSpec(), others, NOW, 12) is None


def test_renewing_a_level_that_somebody_holds_is_no_change() -> None:
    held = Control("Debug", until=2 * NOW, by="al", id="watch-1", revision=5)
    again = Control("Debug", until=3 * NOW, by="al", id="watch-1", revision=6)
    assert override("a1", held, ModuleSpec(), [], NOW) is not None
    assert override("a1", again, ModuleSpec(), [held], NOW) is None
    other = Control("Warn", until=3 * NOW, by="al", id="watch-1", revision=6)
    assert override("a1", other, ModuleSpec(), [held], NOW) is not None
    # A person who says it once more makes it longer, and that is told.
    first = Control("Debug", until=2 * NOW, by="al", id="process", revision=5)
    longer = Control("Debug", until=3 * NOW, by="al", id="process", revision=6)
    assert override("a1", longer, ModuleSpec(), [first], NOW) is not None
