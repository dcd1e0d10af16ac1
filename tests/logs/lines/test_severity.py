"""Lines name their level in many ways; audit lines have a switch of their own."""

from __future__ import annotations

import pytest

from corvo_agent.levels.level import Level
from corvo_agent.logs.lines.severity import Audit, passes, passing_names, severity

NAMES = [
    *("debug", "Trace", "info", "NOTICE", "warn", "Warning", "error", "CRITICAL", "fatal", "audit", "raw", "odd", ""),
    30,
]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("debug", Level.DEBUG),
        ("ERROR", Level.ERROR),
        ("Critical", Level.ERROR),
        ("raw", Level.INFO),
        (None, Level.INFO),
    ],
)
def test_the_level_of_a_line(level: object, expected: Level) -> None:
    assert severity(level) is expected


def test_audit_lines_follow_their_switch_only() -> None:
    for threshold in Level:
        assert passes("AUDIT", threshold, Audit.WITH)
        assert not passes("audit", threshold, Audit.WITHOUT)
    assert not passes("error", Level.DEBUG, Audit.ONLY)
    assert not passes("error", Level.NONE, Audit.WITH)


@pytest.mark.parametrize("threshold", Level)
@pytest.mark.parametrize("audit", Audit)
def test_the_names_that_pass_are_all_that_pass(threshold: Level, audit: Audit) -> None:
    names = passing_names(threshold, audit)
    passing = [name for name in NAMES if passes(name, threshold, audit)]
    if names is None:
        assert "raw" in passing
        assert None not in passing
    else:
        assert passing == [name for name in NAMES if isinstance(name, str) and name.lower() in names]
