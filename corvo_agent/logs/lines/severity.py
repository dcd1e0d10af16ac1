"""Which lines a level shows."""

from __future__ import annotations

import enum

from ...levels.level import Level
from ..dialects.severity import Severity


class Audit(enum.Enum):
    """What becomes of audit lines: no level hides them, so they have a switch of their own."""

    WITH = "yes"
    WITHOUT = "no"
    ONLY = "only"


def passes(severity: Severity | None, threshold: Level, audit: Audit) -> bool:
    """Whether a line is shown that is so severe; one whose level cannot be read (None) counts as ``INFO``."""
    if severity is Severity.AUDIT:
        return audit is not Audit.WITHOUT
    level = Level.INFO if severity is None else severity.level
    return audit is not Audit.ONLY and level >= threshold
