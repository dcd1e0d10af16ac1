"""What programs write into their logs: the shapes of lines, and where their level, time and message stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .dialect import Dialect, dialect_names, find_dialect, stated_dialect
    from .fields import Field, text_of
    from .line_reader import LineReader
    from .severity import Scale, Severity
    from .sieve import Sieve, learn_template
    from .times import TimeReader, parse_zone
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "dialect": ("Dialect", "dialect_names", "find_dialect", "stated_dialect"),
            "fields": ("Field", "text_of"),
            "line_reader": ("LineReader",),
            "severity": ("Scale", "Severity"),
            "sieve": ("Sieve", "learn_template"),
            "times": ("TimeReader", "parse_zone"),
        },
    )

__all__ = (
    "Dialect",
    "Field",
    "LineReader",
    "Scale",
    "Severity",
    "Sieve",
    "TimeReader",
    "dialect_names",
    "find_dialect",
    "learn_template",
    "parse_zone",
    "stated_dialect",
    "text_of",
)
