"""Pauses of the garbage collector are measured while somebody wants it, and leave nothing behind."""

from __future__ import annotations

import gc

from corvo_agent.stats.gc_pauses import GcPauses


def test_full_collections_are_measured_and_young_ones_are_not() -> None:
    measured = GcPauses()
    gc.disable()
    try:
        measured.start()
        gc.collect(0)
        assert measured.pauses.summary().count == 0
        gc.collect(1)
        gc.collect(2)
        measured.stop()
        gc.collect(2)
    finally:
        gc.enable()
    assert measured.pauses.summary().count == 2
    assert measured.pauses.summary().maximum > 0


def test_starting_and_stopping_twice_is_like_once() -> None:
    measured = GcPauses()
    before = list(gc.callbacks)
    measured.start()
    measured.start()
    assert measured.running
    assert len(gc.callbacks) == len(before) + 1
    measured.stop()
    measured.stop()
    assert gc.callbacks == before
    assert "GcPauses" in repr(measured)


def test_a_collection_that_was_under_way_at_the_start_is_not_measured() -> None:
    measured = GcPauses()
    measured._callback("stop", {"generation": 2})
    assert measured.pauses.summary().count == 0
