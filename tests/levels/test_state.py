from __future__ import annotations

from corvo_agent.levels.filter import get_log_filter
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelSource, LevelState


def test_it_says_what_holds_why_and_until_when() -> None:
    state = LevelState(
        Level.DEBUG, LevelSource.OVERRIDE, 1_700_000_000_500_000_000, "kim", "slow queries", {"db": Level.WARN}, True
    )
    assert str(state) == "Debug (override by kim until 2023-11-14T22:13:20.5Z: slow queries)"
    assert state.as_json() == {
        "level": "Debug",
        "source": "override",
        "until": "2023-11-14T22:13:20.5Z",
        "by": "kim",
        "reason": "slow queries",
        "loggers": {"db": "Warn"},
        "enable-trace": True,
    }
    assert state.filter == get_log_filter("Debug", {"db": "Warn"})


def test_what_is_empty_is_left_out() -> None:
    assert str(LevelState()) == "as-configured (default)"
    assert LevelState().filter == get_log_filter("")
    assert LevelState(Level.NONE, LevelSource.LOG_LEVEL).as_json() == {"level": "None", "source": "log-level"}
