"""A level shows what is as severe or more; audit lines have a switch of their own."""

from __future__ import annotations

from corvo_agent.levels.level import Level
from corvo_agent.logs.dialects.severity import Severity
from corvo_agent.logs.lines.severity import Audit, passes


def test_a_level_shows_what_is_as_severe() -> None:
    for threshold in (Level.DEBUG, Level.INFO, Level.WARN, Level.ERROR):
        shown = {severity for severity in Severity if passes(severity, threshold, Audit.WITHOUT)}
        assert shown == {severity for severity in Severity if severity < 60 and severity.level >= threshold}


def test_a_line_whose_level_cannot_be_read_counts_as_info() -> None:
    assert passes(None, Level.INFO, Audit.WITH)
    assert not passes(None, Level.WARN, Audit.WITH)


def test_audit_lines_follow_their_switch_only() -> None:
    for threshold in Level:
        assert passes(Severity.AUDIT, threshold, Audit.WITH)
        assert not passes(Severity.AUDIT, threshold, Audit.WITHOUT)
    assert not passes(Severity.ERROR, Level.DEBUG, Audit.ONLY)
    assert not passes(Severity.FATAL, Level.NONE, Audit.WITH)
