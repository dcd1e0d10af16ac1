"""The bounds of reading logs, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What one query may take at most.

    ``default_lines`` are returned when the query does not say, more than ``max_lines`` is refused. A line is cut after
    ``max_line_bytes``, an answer ends early after ``max_answer_bytes`` or ``max_seconds``. A line may stand behind one
    that is up to ``slack`` seconds newer and is still found in a window of times.
    """

    default_lines: int = 1000
    max_lines: int = 100_000
    max_line_bytes: int = 1 << 20
    max_answer_bytes: int = 32 << 20
    max_seconds: float = 30.0
    slack: float = 5.0


DEFAULT_LIMITS = ReadLimits()
