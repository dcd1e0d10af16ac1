"""A descriptor that the host has closed is not touched any more, whatever has got its number."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from corvo_agent.stub.descriptor import Descriptor, out_of_the_way


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_what_has_got_its_number_stays_open(pipe: tuple[int, int]) -> None:
    number = os.open(os.devnull, os.O_RDONLY)
    ours = Descriptor(number)
    assert ours.is_ours()
    os.dup2(pipe[0], number)
    assert not ours.is_ours()
    ours.close()
    os.fstat(number)
    os.close(number)
    ours.close()
    assert not Descriptor(number).is_ours()


def test_it_is_none_of_the_standard_ones() -> None:
    assert out_of_the_way(4711) == 4711
    kept = os.dup(0)
    os.close(0)
    try:
        # The lowest number is free: the next descriptor has it.
        opened = os.open(os.devnull, os.O_RDONLY)
        assert opened == 0
        moved = out_of_the_way(opened)
        assert moved > 2
        assert not os.get_inheritable(moved)
        os.close(moved)
        with pytest.raises(OSError):
            os.fstat(0)
    finally:
        os.dup2(kept, 0)
        os.close(kept)
