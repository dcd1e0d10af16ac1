"""Numbers that the contract writes as decimal text: revisions, generations, parameters of requests.

``int`` alone takes more than that: underscores, spaces, the digits of every script. And it raises ValueError for one of
thousands of digits, which a text that consists of digits does not look like.
"""

from __future__ import annotations

import re

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")


def natural(text: str) -> int | None:
    """The number that ``text`` is, at most 19 digits; None when it is none."""
    return int(text) if 0 < len(text) < 20 and text.isascii() and text.isdecimal() else None


def whole(text: str) -> int | None:
    """The number of 64 bits that ``text`` is, with or without a sign; None when it is none."""
    number = int(text) if _WHOLE.fullmatch(text) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None
