"""Rates follow from what sampling costs."""

from __future__ import annotations

import os

from corvo_agent.profiles.sampling.budget import LEAST_HZ, first_rate, lower_rate, share_percent, usable_cpus


def test_some_processor_is_usable() -> None:
    assert 0 < usable_cpus() <= os.cpu_count()  # type: ignore[operator]


def test_a_share_is_of_all_processors() -> None:
    assert share_percent(busy_seconds=0.1, wall_seconds=1.0, cpus=4) == 2.5


def test_few_threads_leave_the_rate_as_asked_and_many_lower_it() -> None:
    assert first_rate(100, 1, 2.0, 2) == 100
    assert 20 < first_rate(100, 10, 2.0, 2) < 60
    assert first_rate(100, 10_000, 2.0, 2) == LEAST_HZ


def test_a_rate_is_lowered_when_it_costs_more_than_the_budget() -> None:
    assert lower_rate(100, 1.9, 2.0) == 100
    assert lower_rate(100, 4.0, 2.0) == 40
    assert lower_rate(100, 400.0, 2.0) == LEAST_HZ
    assert lower_rate(LEAST_HZ, 400.0, 2.0) == LEAST_HZ
