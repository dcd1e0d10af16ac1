"""What the parts of a Module say about themselves."""

from __future__ import annotations

import pytest

from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, same_level


def test_a_copy_differs_only_in_what_is_replaced() -> None:
    module = Module(raw={"x": 1}).with_meta(name="ab", resource_version="7").with_spec(log_level="Info")
    changed = module.with_status(node="n").with_spec(log_level="Debug")
    assert (changed.name, changed.revision, changed.status.node) == ("ab", 7, "n")
    assert changed.raw == {"x": 1}
    assert module.spec.log_level == "Info"
    assert Module().revision == 0


def test_what_is_unknown_takes_no_part_in_comparisons() -> None:
    assert Module(raw={"x": 1}) == Module()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("debug", "Debug", True), ("", "", True), ("all", "DEBUG", True), ("Info", "Warn", False), ("", "Info", False)],
)
def test_a_level_is_the_same_however_it_is_spelt(one: str, other: str, same: bool) -> None:
    assert same_level(one, other) is same
    assert same_level(other, one) is same


@pytest.mark.parametrize(
    ("own", "category", "given", "written"),
    [
        ("info", "Venice", "Debug", "debug"),
        ("Info", "venice", "debug", "debug"),
        ("Info", "venice", "Debug", "Debug"),
        ("", "venice", "Debug", "debug"),
        ("", "Venice", "Debug", "Debug"),
        ("", "", "Debug", "Debug"),
        ("debug", "", "", ""),
    ],
)
def test_a_lasting_level_is_written_as_the_object_is(own: str, category: str, given: str, written: str) -> None:
    module = Module(spec=ModuleSpec(log_level=own), status=ModuleStatus(category=category))
    assert module.with_log_level(given, announced=True).spec.log_level == written
    assert module.with_log_level(given, announced=False).spec.log_level == written.lower()
