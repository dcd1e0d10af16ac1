"""Which level holds: the newest control, while it lasts, before what the Module says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelSource, LevelState
from corvo_agent.modules.controls.control import MAX_CONTROLS, Control
from corvo_agent.modules.controls.rule import effective_level, effective_state, newest
from corvo_agent.modules.model import ModuleSpec

NOW = 100
SPEC = ModuleSpec("Warn", enable_trace=True)
WARN = LevelState(Level.WARN, LevelSource.LOG_LEVEL, enable_trace=True)
CONTROLS = st.lists(
    st.builds(
        Control,
        st.sampled_from(["Debug", "Info", "Warn", "Error"]),
        st.sampled_from([0, 50, 150, 200, 250]),
        st.sampled_from(["", "a", "b"]),
        revision=st.integers(1, 9),
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    ("spec", "level", "source"),
    [
        (ModuleSpec(), Level.ERROR, LevelSource.DEFAULT),
        (ModuleSpec("debug"), Level.DEBUG, LevelSource.LOG_LEVEL),
        (ModuleSpec("unheard-of"), Level.INFO, LevelSource.LOG_LEVEL),
    ],
)
def test_without_controls_the_module_decides(spec: ModuleSpec, level: Level, source: LevelSource) -> None:
    assert effective_state(spec, NOW, Level.ERROR) == LevelState(level, source)
    assert effective_level(ModuleSpec(), NOW) is None


def test_a_control_outranks_the_module_until_it_ends() -> None:
    control = Control("Debug", 150, by="kim", reason="slow", scope="all")
    assert effective_state(SPEC, NOW, controls=[control]) == LevelState(
        Level.DEBUG, LevelSource.OVERRIDE, 150, "kim", "slow", enable_trace=True, then=WARN, scope="all"
    )
    assert effective_state(SPEC, 150, controls=[control]) == WARN


def test_the_newest_counts_for_each_logger() -> None:
    controls = [
        Control("Error", logger="a", revision=5),
        Control("Debug", 150, "a", revision=7),
        Control("Info", 200, "b", revision=6),
        Control("Error", revision=8),
        Control("Info", revision=3),
    ]
    state = effective_state(SPEC, NOW, controls=controls)
    assert (state.level, state.loggers) == (Level.ERROR, {"a": Level.DEBUG, "b": Level.INFO})
    assert state.logger_ends == {"a": 150, "b": 200}
    assert state.changes_at == 150
    assert state.then is not None
    assert (state.then.loggers, state.then.changes_at) == ({"a": Level.ERROR, "b": Level.INFO}, 200)
    assert state.then.then is not None
    assert (state.then.then.loggers, state.then.then.then) == ({"a": Level.ERROR}, None)


def test_what_follows_an_override_is_told_past_other_ends() -> None:
    controls = [Control("Debug", 200, revision=1), Control("Error", 150, "a", revision=2)]
    state = effective_state(SPEC, NOW, controls=controls)
    assert state.then is not None
    assert state.then.level is Level.DEBUG
    assert state.after_override == WARN
    assert effective_state(SPEC, NOW, controls=[Control("Debug")]).after_override is None


@given(CONTROLS, st.sampled_from([100, 149, 150, 199, 200, 250]))
def test_what_follows_is_what_will_hold(controls: list[Control], moment: int) -> None:
    state = effective_state(SPEC, NOW, controls=controls)
    while state.then is not None and state.changes_at <= moment:
        state = state.then
    assert state == effective_state(SPEC, moment, controls=controls)


def test_of_too_many_the_newest_count() -> None:
    controls = [Control("Debug", 150 + number, f"l{number}", revision=number) for number in range(MAX_CONTROLS + 9)]
    assert newest(controls)[-1].revision == 9
    state = effective_state(SPEC, NOW, controls=controls)
    assert len(state.loggers) == MAX_CONTROLS
    # What follows is known for a bounded number of ends only.
    length = 0
    while state.then is not None:
        state, length = state.then, length + 1
    assert length == 32
