"""How many items a page of a range should have: few of large values, to come in time and to fit into an answer."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import CorvoError, ResourceExhausted
from ..kv import KeyValue

#: Most items of one answer: they take about two milliseconds to decode.
PAGE = 500
# Bytes of values that one answer should have. A first one has so few items that it comes soon where each is as large
# as etcd allows.
_PAGE_BYTES = 4 << 20
_FIRST = 16
_SHRINK = 8


class PageSize:
    """Follows the sizes of the values that come; ``limit`` items are wanted in all, 0 stands for every one."""

    def __init__(self, limit: int, *, keys_only: bool) -> None:
        self._limit = limit
        self._size = PAGE if keys_only else min(PAGE, _FIRST)

    def next(self, found: int = 0) -> int:
        """How many items to ask for, where ``found`` are there already."""
        return min(self._size, self._limit - found) if self._limit else self._size

    def note(self, page: Sequence[KeyValue]) -> None:
        """These have come: the next ones are about as large."""
        if page:
            average = sum(len(item.value) for item in page) // len(page)
            self._size = max(1, min(PAGE, _PAGE_BYTES // max(1, average)))

    def shrink(self, wanted: int, error: CorvoError) -> bool:
        """So many were too large together, or too slow; False when asking for fewer would not help."""
        # A store that does not answer a small question in time is slow, whatever the values are.
        smaller = wanted // _SHRINK if isinstance(error, ResourceExhausted) else _FIRST
        if wanted == 1 or smaller >= wanted:
            return False
        self._size = max(1, smaller)
        return True
