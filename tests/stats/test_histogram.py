"""Histograms: percentiles within their stated error, everything else exact, memory bounded."""

from __future__ import annotations

import gc
import json
import math
import statistics
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.stats.histogram import RELATIVE_ERROR, Histogram

KEYS = ["Count", "MinMs", "MaxMs", "MeanMs", "StdDev"]
PERCENTILES = {"Perctl10": 10, "Perctl50": 50, "Perctl75": 75, "Perctl90": 90, "Perctl99": 99, "Perctl99_99": 99.99}
SECONDS = st.floats(min_value=1e-8, max_value=1e6)


def filled(seconds: list[float]) -> Histogram:
    histogram = Histogram()
    for each in seconds:
        histogram.observe(each)
    return histogram


def test_the_names_are_those_of_the_contract() -> None:
    shown = json.loads(filled([0.001, 0.003]).to_json())
    assert list(shown) == [*KEYS, *PERCENTILES]
    assert (shown["Count"], shown["MinMs"], shown["MaxMs"], shown["MeanMs"], shown["StdDev"]) == (2, 1, 3, 2, 1)


def test_nothing_seen_is_all_zeros() -> None:
    assert set(json.loads(Histogram().to_json()).values()) == {0}


@given(st.lists(SECONDS, min_size=1, max_size=200))
def test_percentiles_are_within_the_stated_error(seconds: list[float]) -> None:
    summary = filled(seconds).summary()
    values = sorted(each * 1000 for each in seconds)
    for name, percent in PERCENTILES.items():
        exact = values[max(1, math.ceil(percent / 100 * len(values))) - 1]
        assert summary.percentiles[name] == pytest.approx(exact, rel=RELATIVE_ERROR * 1.001)


@given(st.lists(SECONDS, min_size=1, max_size=200))
def test_count_extremes_mean_and_deviation_are_exact(seconds: list[float]) -> None:
    summary = filled(seconds).summary()
    values = [each * 1000 for each in seconds]
    assert (summary.count, summary.minimum, summary.maximum) == (len(values), min(values), max(values))
    assert summary.mean == pytest.approx(statistics.fmean(values))
    assert summary.deviation == pytest.approx(statistics.pstdev(values), rel=1e-6, abs=max(values) * 1e-9)


def test_extreme_durations_keep_their_place() -> None:
    summary = filled([-1.0, 0.0, 1e-300, 1.0, 1e300]).summary()
    assert (summary.minimum, summary.maximum) == (0.0, 2.0**40)
    assert summary.percentiles["Perctl10"] == 0.0


@given(st.lists(st.floats(), max_size=300))
def test_memory_is_bounded_whatever_is_observed(seconds: list[float]) -> None:
    histogram = filled([2.0**exponent for exponent in range(-1000, 1000, 7)] + seconds)
    assert len(histogram._buckets) <= 1954
    assert not histogram._pending
    assert math.isfinite(histogram.summary().deviation)


def test_what_is_no_number_is_not_counted() -> None:
    assert filled([math.nan]).summary().count == 0


def test_clear_forgets_everything() -> None:
    histogram = filled([1.0, 2.0])
    histogram.clear()
    assert histogram.summary().count == 0
    histogram.observe(0.004)
    assert histogram.summary().maximum == 4


def test_a_block_is_timed_also_when_it_raises() -> None:
    histogram = Histogram()
    with histogram.time():
        pass
    with pytest.raises(LookupError), histogram.time():
        raise LookupError
    assert histogram.summary().count == 2
    assert repr(histogram) == "<Histogram of 2>"


def test_nothing_is_lost_between_threads() -> None:
    histogram = Histogram()

    def observe() -> None:
        for number in range(3_000):
            histogram.observe(number / 1000)

    threads = [threading.Thread(target=observe) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        histogram.summary()
    for thread in threads:
        thread.join()
    assert histogram.summary().count == 12_000


def test_a_callback_of_the_garbage_collector_may_observe_while_it_is_read() -> None:
    histogram = filled([0.001] * 100)

    def on_gc(phase: str, info: dict[str, int]) -> None:
        histogram.observe(0.002)

    threshold = gc.get_threshold()
    gc.callbacks.append(on_gc)
    gc.set_threshold(1)
    try:
        for _ in range(50):
            histogram.summary()
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(on_gc)
    assert histogram.summary().count > 100
