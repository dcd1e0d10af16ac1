"""How much one selector may ask for: it is held against every Module, and against every change while it is watched."""

from __future__ import annotations

from collections.abc import Sized

from ...errors import InvalidArgument

#: Characters of a selector, as many as the address of a request has.
MAX_LENGTH = 64 << 10
#: Conditions of a selector. What ``in`` lists is one, however many values that are.
MAX_CONDITIONS = 1000


def check_length(what: str, text: str) -> None:
    """Raise InvalidArgument, naming ``what``, for a text that is too long to be read."""
    if len(text) > MAX_LENGTH:
        raise InvalidArgument(what, text, f"must have at most {MAX_LENGTH} characters")


def check_conditions(what: str, found: Sized) -> None:
    """Raise InvalidArgument, naming ``what``, where the conditions ``found`` are too many."""
    if len(found) > MAX_CONDITIONS:
        raise InvalidArgument(what, None, f"must have at most {MAX_CONDITIONS} conditions, has {len(found)}")
