"""Names of threads and tasks, of which there may be very many, on one line."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Names shown of those that are alike.
MAX_NAMES = 5


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``worker-9`` before ``worker-10``."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def names_text(names: Sequence[str]) -> str:
    """The first ``MAX_NAMES`` of ``names``, and how many more there are; "" for none."""
    text = ", ".join(names[:MAX_NAMES])
    return f"{text} and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else text
