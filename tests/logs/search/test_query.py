"""A search begins at the oldest line only where matches are counted from there."""

from __future__ import annotations

import pytest

from corvo_agent.logs.search.query import EVERYTHING, LogQuery, Order


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (EVERYTHING, False),
        (LogQuery(order=Order.DESCENDING), False),
        (LogQuery(offset=0), True),
        (LogQuery(offset=0, order=Order.DESCENDING), False),
    ],
)
def test_where_the_search_begins(query: LogQuery, expected: bool) -> None:
    assert query.oldest_first is expected
