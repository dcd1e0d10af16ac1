"""Allocations are traced only while somebody needs it."""

from __future__ import annotations

import tracemalloc

import pytest

from corvo_agent.errors import ResourceExhausted
from corvo_agent.profiles.heap import tracing
from corvo_agent.profiles.heap.tracing import HeapTrace, allocation_seconds
from corvo_agent.profiles.pacing.pace import Pace


def allocate(count: int) -> list[bytes]:
    return [bytes(1000 + index) for index in range(count)]


def test_what_is_alive_is_found_by_the_line_that_allocated_it() -> None:
    trace = HeapTrace()
    trace.acquire(2)
    try:
        kept = allocate(10)
        snapshot = trace.snapshot(Pace())
    finally:
        trace.release()
    stack, blocks = max(snapshot.blocks.items(), key=lambda item: item[1].size)
    assert stack[0].function.endswith("test_tracing.allocate")
    assert stack[0].line == allocate.__code__.co_firstlineno + 1
    assert blocks.number >= len(kept)
    assert blocks.size > 10_000
    assert len(stack) == 2
    assert snapshot.method.startswith("tracemalloc since 20")
    assert not tracemalloc.is_tracing()
    assert trace.method() == ""


def test_it_is_on_from_the_first_to_the_last_who_needs_it() -> None:
    trace = HeapTrace()
    trace.acquire(1)
    trace.acquire(8)
    assert tracemalloc.get_traceback_limit() == 1
    trace.release()
    assert tracemalloc.is_tracing()
    trace.release()
    assert not tracemalloc.is_tracing()


def test_tracing_that_the_service_has_switched_on_stays_on() -> None:
    tracemalloc.start(1)
    try:
        trace = HeapTrace()
        trace.acquire(4)
        assert trace.method() == "tracemalloc since before the agent"
        trace.release()
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


def test_too_many_blocks_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MAX_TRACES", 10)
    trace = HeapTrace()
    trace.acquire(1)
    try:
        kept = allocate(100)
        with pytest.raises(ResourceExhausted, match="traced blocks of memory: at most 10"):
            trace.snapshot(Pace())
    finally:
        trace.release()
    assert len(kept) == 100


def test_allocating_takes_some_time() -> None:
    assert 0 < allocation_seconds() < 1
