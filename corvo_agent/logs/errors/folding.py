"""What two messages of one kind have in common: their text without the numbers and ids that differ each time."""

from __future__ import annotations

import re

#: Characters of a message that are looked at, and those that are kept of it.
_LONGEST = 2000
KEPT = 300
_MARKS = re.compile(
    r"""
    (?P<id>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)
    | (?P<hex>\b0x[0-9a-f]+\b | \b(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{8,}\b)
    | (?P<token>\b(?=\w*[a-z])(?:[a-z_]*[0-9]){4}\w{4,}\b)
    | (?P<n>[0-9]+(?:[.,:/T-][0-9]+)*Z?)
    """,
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)
_SHOWN = {"id": "<id>", "hex": "<hex>", "token": "<id>", "n": "<n>"}


def folded(text: str) -> str:
    """The first line of ``text`` with UUIDs, hexadecimal numbers, ids of letters and digits, and numbers as marks.

    Numbers with dots, colons, dashes and slashes between them are one: an address, a time, a version. What two
    messages differ in besides makes them two kinds. At most ``KEPT`` characters long.
    """
    line = text[:_LONGEST].strip().partition("\n")[0].rstrip()
    short = _MARKS.sub(lambda found: _SHOWN[found.lastgroup or "n"], line)
    return short if len(short) <= KEPT else short[: KEPT - 1] + "…"
