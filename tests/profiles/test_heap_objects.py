"""What is alive by type, with what containers hold."""

from __future__ import annotations

from typing import Any

import pytest

from corvo_agent.profiles import heap_objects
from corvo_agent.profiles.heap_look import Blocks, HeapLook
from corvo_agent.profiles.heap_objects import ObjectCensus
from corvo_agent.profiles.model import Frame
from corvo_agent.profiles.pace import Pace


class Thing:
    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.many = (payload, {"payload": len(payload)})

    def __sizeof__(self) -> int:
        raise AssertionError("somebody's code was run")


class Meta(type):
    def __getattribute__(cls, name: str) -> Any:
        raise AssertionError(f"somebody's code was run for {name}")


class Guarded(metaclass=Meta):
    pass


def take() -> HeapLook:
    census = ObjectCensus(Pace())
    look = census.look()
    assert census.objects
    census.objects.clear()
    return look


def blocks(look: HeapLook, name: str, module: str = __name__) -> Blocks:
    return look.blocks.get((Frame(f"{module}.{name}"), Frame(f"{module}.<module>")), Blocks(0, 0))


def test_objects_are_counted_by_type_and_module() -> None:
    before = take()
    kept = [Thing(bytes(100_000)) for _ in range(50)]
    guarded = [object.__new__(Guarded) for _ in range(3)]
    look = take()
    assert blocks(look, "Thing").number == len(kept)
    assert blocks(look, "Guarded").number == len(guarded)
    # Two references to each payload: half of it counts at either.
    grown = blocks(look, "bytes", "builtins").size - blocks(before, "bytes", "builtins").size
    assert grown == pytest.approx(50 * 100_000, rel=0.02)
    assert look.method == heap_objects.METHOD


def test_no_more_than_the_bound_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap_objects, "MAX_OBJECTS", 100)
    look = take()
    assert look.comments[-1] == "only 100 of them were looked at"
