"""What comes of trying something."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried: whether it held, and what was seen."""

    what: str
    held: bool
    seen: str


class Failed(Exception):
    """What was seen is not what has to be."""
