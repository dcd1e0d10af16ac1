"""Order and pages of a list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.gateway.objects.paging import SORT_ORDERS, page, sort_entries
from corvo_agent.gateway.watching.cached_module import CachedModule

from ..modules import module


def entry(name: str, revision: int, created: int) -> CachedModule:
    found = module(name, revision)
    return CachedModule(replace(found, meta=replace(found.meta, creation_time=created)))


ENTRIES = [entry("a1", 9, 2), entry("b1", 7, 3), entry("c1", 8, 1)]


def names(entries: object) -> str:
    return "".join(each.module.name[0] for each in entries)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", "abc"),
        ("none", "abc"),
        ("by-name", "abc"),
        ("by-name-reverse", "cba"),
        ("by-version", "bca"),
        ("by-version-reverse", "acb"),
        ("by-creation-time", "cab"),
        ("by-creation-time-reverse", "bac"),
        ("by-mod-time", "bca"),
        ("by-mod-time-reverse", "acb"),
    ],
)
def test_each_order(order: str, expected: str) -> None:
    assert names(sort_entries(ENTRIES, order)) == expected


def test_every_order_has_its_row_and_no_other_is_taken() -> None:
    assert len(SORT_ORDERS) == 9
    with pytest.raises(InvalidArgument, match=r"unknown sort order \[xx\]"):
        sort_entries(ENTRIES, "xx")


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [(0, 0, "abc"), (0, 2, "abc"), (1, 2, "ab"), (2, 2, "bc"), (3, 1000, "c"), (-4, 1, "abc"), (2, 0, "")],
)
def test_each_page(start: int, count: int, expected: str) -> None:
    assert names(page(ENTRIES, start, count)) == expected


@pytest.mark.parametrize(("start", "count"), [(4, 1), (1, 1001), (1, -1)])
def test_pages_that_cannot_be(start: int, count: int) -> None:
    with pytest.raises(InvalidArgument):
        page(ENTRIES, start, count)
