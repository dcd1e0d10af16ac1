"""The level of a log line, as services of every kind write it."""

from __future__ import annotations

import enum

from ...levels.level import Level


class Audit(enum.Enum):
    """Whether a query shows audit lines: no level hides them, so they have a switch of their own."""

    #: Audit lines beside the others.
    WITH = "yes"
    #: All lines but audit lines.
    WITHOUT = "no"
    #: Audit lines alone.
    ONLY = "only"


AUDIT_LEVEL = "audit"

_NAMES = {
    Level.DEBUG: ("debug", "trace", "verbose"),
    Level.INFO: ("info", "information", "notice"),
    Level.WARN: ("warn", "warning"),
    Level.ERROR: ("error", "err", "fatal", "critical", "crit", "panic", "dpanic", "alert", "emerg", "emergency"),
}
_BY_NAME = {name: level for level, names in _NAMES.items() for name in names}


def severity(level: object) -> Level:
    """The level of a line whose field ``level`` is this; what names none (raw lines, too) counts as INFO."""
    return _BY_NAME.get(level.lower(), Level.INFO) if isinstance(level, str) else Level.INFO


def passes(level: object, threshold: Level, audit: Audit) -> bool:
    """Whether a line whose field ``level`` is this reaches ``threshold``; audit lines follow ``audit`` instead."""
    if isinstance(level, str) and level.lower() == AUDIT_LEVEL:
        return audit is not Audit.WITHOUT
    return audit is not Audit.ONLY and severity(level) >= threshold


def passing_names(threshold: Level, audit: Audit) -> tuple[str, ...] | None:
    """The only names, in lower case, that a line can have to pass; None when lines without a known name pass, too."""
    if audit is Audit.ONLY:
        return (AUDIT_LEVEL,)
    if threshold <= Level.INFO:
        return None
    names = tuple(name for name, level in _BY_NAME.items() if level >= threshold)
    return names if audit is Audit.WITHOUT else (*names, AUDIT_LEVEL)
