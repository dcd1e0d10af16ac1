"""JSON merge patches (RFC 7396): one applied to a state of an object, and one made from two states."""

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


def merge(target: Any, patch: Any) -> Any:
    """``target`` patched: members of ``patch`` replace those of ``target``, null removes one, objects merge."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged
