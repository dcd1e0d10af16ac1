"""The order and the pages of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import InvalidArgument, shorten
from ..watching.cached_module import CachedModule

#: Most items on one page.
MAX_RESULTS = 1000


def _version(entry: CachedModule) -> int:
    return entry.module.revision


_KEYS: dict[str, Callable[[CachedModule], Any]] = {
    "name": lambda entry: entry.module.name,
    "version": _version,
    "creation-time": lambda entry: entry.module.meta.creation_time,
    # Clients of the original know this order as it is there: the last change has the highest version.
    "mod-time": _version,
}

SORT_ORDERS = ("none", *(f"by-{key}{suffix}" for key in _KEYS for suffix in ("", "-reverse")))


def sort_entries(entries: Sequence[CachedModule], order: str) -> Sequence[CachedModule]:
    """``entries``, which come by name, in the order called ``order``; "" and ``none`` leave them so.

    Equal ones stay by name. Raises InvalidArgument for an unknown order.
    """
    if order in ("", "none", "by-name"):
        return entries
    if order not in SORT_ORDERS:
        raise InvalidArgument("sort-order", order, f"unknown sort order [{shorten(order)}]", SORT_ORDERS)
    reverse = order.endswith("-reverse")
    key = _KEYS[order.removeprefix("by-").removesuffix("-reverse")]
    return sorted(entries, key=key, reverse=reverse)


def page(entries: Sequence[CachedModule], start: int, count: int) -> Sequence[CachedModule]:
    """The ``count`` items from the ``start``-th (1-based) on; without a ``start`` above 0 all of them.

    Raises InvalidArgument when ``start`` lies behind the end, or ``count`` is negative or over MAX_RESULTS.
    """
    if start <= 0:
        return entries
    if not 0 <= count <= MAX_RESULTS:
        raise InvalidArgument("max-results", count, f"must be from 0 to {MAX_RESULTS}")
    if start > len(entries):
        raise InvalidArgument("from", start, f"there are only {len(entries)} items")
    return entries[start - 1 : start - 1 + count]
