"""Rows of a heap profile, and what has changed."""

from __future__ import annotations

import pytest

from corvo_agent.cli.profiles.heap_rows import HeapRow, heap_view, signed
from corvo_agent.errors import InvalidArgument
from corvo_agent.profiles.pprof.model import Frame, Profile, Sample, ValueType

TYPES = (ValueType("inuse_objects", "count"), ValueType("inuse_space", "bytes"))
LINES = (ValueType("alloc_objects", "count"), ValueType("alloc_space", "bytes"), *TYPES)


def census(**sizes: tuple[int, int]) -> Profile:
    samples = [Sample((Frame(name), Frame("m.<module>")), values) for name, values in sizes.items()]
    return Profile(TYPES, samples)


def test_the_largest_come_first_and_the_sum_is_that_of_all() -> None:
    view = heap_view(census(small=(9, 10), large=(1, 1000)))
    assert view.rows == (HeapRow("large", "", 1, 1000), HeapRow("small", "", 9, 10))
    assert (view.traced, view.objects, view.size, view.own) == (False, 10, 1010, 0)


def test_a_change_tells_what_is_new_and_what_is_gone_and_leaves_out_what_is_as_before() -> None:
    view = heap_view(census(same=(1, 1), new=(2, 20), more=(3, 5)), census(same=(1, 1), gone=(5, 50), more=(1, 4)))
    assert view.rows == (HeapRow("gone", "", -5, -50), HeapRow("new", "", 2, 20), HeapRow("more", "", 2, 1))
    assert (view.objects, view.size) == (-1, -29)


def test_what_the_agent_holds_is_summed_up_apart() -> None:
    profile = Profile(
        TYPES, [Sample((Frame("corvo_agent.x.Y"),), (1, 7)), Sample((Frame("shop.Z"),), (2, 3)), Sample((), (9, 9))]
    )
    hidden, everything = heap_view(profile, everything=False), heap_view(profile)
    assert ([row.name for row in hidden.rows], hidden.own, hidden.size) == (["[no stack]", "shop.Z"], 7, 19)
    assert [row.name for row in everything.rows] == ["[no stack]", "corvo_agent.x.Y", "shop.Z"]
    assert everything.own == 0


def test_lines_are_told_by_file_and_line() -> None:
    leaf = Frame("shop.load", "/srv/shop.py", 3)
    view = heap_view(
        Profile(LINES, [Sample((leaf, Frame("a")), (0, 0, 1, 4)), Sample((leaf, Frame("b")), (0, 0, 1, 5))])
    )
    assert (view.traced, view.rows) == (True, (HeapRow("shop.load", "/srv/shop.py:3", 2, 9),))


def test_what_was_measured_otherwise_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="it tells types, what was measured now tells lines"):
        heap_view(Profile(LINES), census())
    with pytest.raises(InvalidArgument, match="profile: not a profile of memory, got 'cpu'"):
        heap_view(Profile((ValueType("cpu", "nanoseconds"),)))


def test_a_change_has_a_sign() -> None:
    assert [signed(value, is_change=True, unit="bytes") for value in (0, 2048, -3)] == ["+0", "+2.00kB", "-3B"]
    assert signed(2048, is_change=False) == "2048"
