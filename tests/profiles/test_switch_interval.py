"""The interpreter's switch interval is as it was when nobody samples."""

from __future__ import annotations

import sys

import pytest

from corvo_agent.profiles.switch_interval import SHORT, SwitchInterval, undisturbed


def test_it_is_short_only_when_chosen_and_restored_at_the_end() -> None:
    before = sys.getswitchinterval()
    with SwitchInterval() as interval:
        assert sys.getswitchinterval() == before
        interval.choose(short=True)
        assert sys.getswitchinterval() == pytest.approx(SHORT)
        interval.choose(short=False)
        assert sys.getswitchinterval() == before
        interval.choose(short=True)
    assert sys.getswitchinterval() == before


def test_one_that_is_shorter_already_stays() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SHORT / 5)
    try:
        with SwitchInterval() as interval:
            interval.choose(short=True)
            assert sys.getswitchinterval() == pytest.approx(SHORT / 5)
    finally:
        sys.setswitchinterval(before + 0.5e-6)


def test_it_is_the_same_after_any_number_of_times() -> None:
    before = sys.getswitchinterval()
    for _ in range(50):
        with SwitchInterval() as interval:
            interval.choose(short=True)
    assert sys.getswitchinterval() == before


def test_while_undisturbed_nobody_asks_for_the_lock_and_then_it_is_as_before() -> None:
    before = sys.getswitchinterval()
    with undisturbed(0.2):
        assert sys.getswitchinterval() == pytest.approx(0.2)
    assert sys.getswitchinterval() == before
