"""The merge patch (RFC 7396) between two states of an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What merged into ``old`` gives ``new``, which holds no null: {} when they are the same."""
    # A null removes the member (RFC 7396, section 2).
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if inner := difference(before, value):
                patch[key] = inner
        elif value != before or key not in old:
            patch[key] = value
    return patch
