"""What the parts of a Module say about themselves."""

from __future__ import annotations

import pytest

from corvo_agent.levels.level import Level
from corvo_agent.modules.model import LevelOverride, Module, ModuleSpec, effective_level


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
    ("spec", "level"),
    [
        (ModuleSpec(), Level.ERROR),
        (ModuleSpec(log_level="warn"), Level.WARN),
        (ModuleSpec(log_level="Loud"), Level.INFO),
        (ModuleSpec(log_level="Warn", override=LevelOverride("Debug")), Level.DEBUG),
        (ModuleSpec(log_level="Warn", override=LevelOverride("Debug", until=101)), Level.DEBUG),
        (ModuleSpec(log_level="Warn", override=LevelOverride("Debug", until=100)), Level.WARN),
        (ModuleSpec(override=LevelOverride("Debug", until=99)), Level.ERROR),
        (ModuleSpec(override=LevelOverride("Loud", until=101)), Level.INFO),
    ],
)
def test_an_override_counts_while_it_lasts_and_the_level_after_it(spec: ModuleSpec, level: Level) -> None:
    assert effective_level(spec, 100, Level.ERROR) is level
