"""The outcome of one check of the demo."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: ``what`` was tried, whether it ``held``, and what was ``seen``, both as text for people."""

    what: str
    held: bool
    seen: str


class Failed(Exception):
    """A check failed: what was seen, its text, is not what was expected."""
