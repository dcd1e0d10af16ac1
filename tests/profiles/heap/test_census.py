"""What is alive by type, with what containers hold."""

from __future__ import annotations

import asyncio
import sys
import threading
from types import ModuleType
from typing import Any

import pytest

from corvo_agent.profiles.heap import census
from corvo_agent.profiles.heap.census import ObjectCensus, _is_written_in_python, _listed
from corvo_agent.profiles.heap.snapshot import Blocks, HeapSnapshot
from corvo_agent.profiles.pacing.pace import Pace
from corvo_agent.profiles.pprof.model import Frame


class Thing:
    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.many = (payload, {"payload": len(payload)})

    def __sizeof__(self) -> int:
        raise AssertionError("somebody's code was run")


class Meta(type):
    def __getattribute__(cls, name: str) -> Any:
        raise AssertionError(f"somebody's code was run for {name}")


def guarded() -> type:
    """A class that nobody may ask anything; not at the top of the module, where pytest's plugins do."""
    return Meta("Guarded", (), {"__module__": __name__, "method": lambda self: None})


def take() -> HeapSnapshot:
    census = ObjectCensus(Pace())
    snapshot = census.snapshot()
    assert census.objects
    census.objects.clear()
    return snapshot


def blocks(snapshot: HeapSnapshot, name: str, module: str = __name__) -> Blocks:
    return snapshot.blocks.get((Frame(f"{module}.{name}"), Frame(f"{module}.<module>")), Blocks(0, 0))


def test_objects_are_counted_by_type_and_module() -> None:
    before = take()
    kept = [Thing(bytes(100_000)) for _ in range(50)]
    kind = guarded()
    instances: list[object] = [object.__new__(kind) for _ in range(3)]
    snapshot = take()
    assert blocks(snapshot, "Thing").number == len(kept)
    assert blocks(snapshot, "Guarded").number == len(instances)
    # Two references to each payload: half of it counts at either.
    grown = blocks(snapshot, "bytes", "builtins").size - blocks(before, "bytes", "builtins").size
    assert grown == pytest.approx(50 * 100_000, rel=0.02)
    assert snapshot.method == census.METHOD


def test_tuples_that_other_threads_are_filling_are_left_alone() -> None:
    failures: list[BaseException] = []
    stop = threading.Event()

    def fill() -> None:
        while not stop.is_set():
            try:
                tuple(number for number in range(5000))
            except SystemError as error:
                failures.append(error)

    before = sys.getswitchinterval()
    # The lock changes hands as often as it can.
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=fill) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            kept, stood_still = _listed()
            assert stood_still > 0
            assert not any(type(each) is tuple for each in kept)
    finally:
        sys.setswitchinterval(before + 0.5e-6)
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []


class Derived(Thing):
    "Nothing of its own."


class OfModule(ModuleType):
    pass


@pytest.mark.parametrize(
    ("kind", "sound"),
    [(Thing, True), (Derived, True), (Frame, True), (OfModule, False), (asyncio.Future, False)],
)
def test_only_types_with_sound_references_are_asked(kind: type, sound: bool) -> None:
    assert _is_written_in_python(kind) is sound
    assert _is_written_in_python(guarded())


def test_no_more_than_the_bound_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "MAX_OBJECTS", 100)
    snapshot = take()
    assert snapshot.comments[-1] == "only 100 of them were looked at"
