"""Looks at the heap are kept, found again and compared."""

from __future__ import annotations

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.profiles.heap import snapshot as snapshot_file
from corvo_agent.profiles.heap.snapshot import SMALLER, Blocks, HeapHistory, HeapSnapshot, growth
from corvo_agent.profiles.pacing.pace import Pace
from corvo_agent.profiles.pprof.model import Frame

A, B, C = ((Frame(name),) for name in "abc")
SECOND = 1_000_000_000


def snapshot(at: int, method: str = "m", **blocks: int) -> HeapSnapshot:
    return HeapSnapshot(method, at * SECOND, {(Frame(name),): Blocks(1, size) for name, size in blocks.items()})


def test_growth_is_what_is_more_and_less() -> None:
    before, after = snapshot(1, a=10, b=10, c=10), snapshot(2, a=15, b=10)
    assert growth(before, after, Pace()) == {A: Blocks(0, 5), C: Blocks(-1, -10)}


def test_a_base_is_a_number_or_a_time() -> None:
    history = HeapHistory()
    first, second = snapshot(100), snapshot(200)
    assert (history.add(first), history.add(second)) == (1, 2)
    assert history.find("1", "m") == first
    assert history.find("1970-01-01T00:03:20Z", "m") == second
    assert history.find("1970-01-01T00:03:19Z", "m") == first


@pytest.mark.parametrize("base", ["3", "1970-01-01T00:00:01Z"])
def test_a_base_that_is_not_kept_is_refused_with_those_that_are(base: str) -> None:
    history = HeapHistory()
    history.add(snapshot(100))
    with pytest.raises(InvalidArgument, match=r"base: no earlier answer.*valid: 1 \(1970-01-01T00:01:40Z\)"):
        history.find(base, "m")


def test_a_base_that_is_neither_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="base: not an RFC 3339 time"):
        HeapHistory().find("yesterday", "m")


def test_answers_that_were_measured_differently_are_not_compared() -> None:
    history = HeapHistory()
    history.add(snapshot(100, "tracemalloc"))
    with pytest.raises(InvalidArgument, match="was measured by tracemalloc, now it would be the garbage collector"):
        history.find("1", "the garbage collector")


def test_only_the_latest_are_kept() -> None:
    history = HeapHistory()
    for at in range(snapshot_file.MAX_SNAPSHOTS + 1):
        history.add(snapshot(at))
    with pytest.raises(InvalidArgument):
        history.find("1", "m")
    assert history.find("2", "m").time_ns == SECOND


def test_of_many_stacks_the_largest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_file, "MAX_STACKS", 1)
    history = HeapHistory()
    history.add(snapshot(1, a=5, b=50, c=7))
    assert history.find("1", "m").blocks == {B: Blocks(1, 50), SMALLER: Blocks(2, 12)}
