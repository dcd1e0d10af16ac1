"""Pages follow the sizes of the values that come."""

from __future__ import annotations

import pytest

from corvo_agent.errors import CorvoError, DeadlineExceeded, ResourceExhausted
from corvo_agent.modules.etcd.page_size import PAGE, PageSize
from corvo_agent.modules.kv import KeyValue


def items(count: int, size: int) -> list[KeyValue]:
    return [KeyValue(str(number), b"x" * size, 1, 1) for number in range(count)]


def test_small_values_come_in_full_pages_after_the_first() -> None:
    sizes = PageSize(0, keys_only=False)
    assert sizes.next() < PAGE
    sizes.note(items(10, 500))
    assert sizes.next() == PAGE
    assert PageSize(0, keys_only=True).next() == PAGE


def test_no_more_is_asked_for_than_is_wanted() -> None:
    sizes = PageSize(10, keys_only=True)
    assert (sizes.next(), sizes.next(7)) == (10, 3)


def test_large_values_come_a_few_at_a_time() -> None:
    sizes = PageSize(0, keys_only=False)
    sizes.note(items(2, 1_500_000))
    assert sizes.next() == 2
    sizes.note(items(1, 9_000_000))
    assert sizes.next() == 1
    sizes.note([])
    assert sizes.next() == 1


def test_what_was_too_much_is_asked_for_in_parts_until_it_is_one_item() -> None:
    sizes, asked = PageSize(0, keys_only=True), []
    while sizes.shrink(sizes.next(), ResourceExhausted("bytes of an answer of etcd", 1)):
        asked.append(sizes.next())
    assert asked == [62, 7, 1]


@pytest.mark.parametrize(
    ("error", "again"), [(DeadlineExceeded("etcd", 4), False), (ResourceExhausted("bytes of an answer", 1), True)]
)
def test_a_store_that_is_slow_with_a_small_page_is_not_asked_again(error: CorvoError, again: bool) -> None:
    sizes = PageSize(0, keys_only=False)
    assert sizes.shrink(sizes.next(), error) is again
    sizes.note(items(1, 1))
    assert sizes.shrink(sizes.next(), error)
