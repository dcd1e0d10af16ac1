"""The interpreter's switch interval is as it was when nobody samples."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from corvo_agent.profiles.pacing.switch_interval import SHORT, SwitchInterval

from ..spawn import child_says

LONG = 0.005


@pytest.fixture(autouse=True)
def _long() -> Iterator[None]:
    """Whatever ran before: a known interval, which is given back."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(LONG + 0.5e-6)
    yield
    sys.setswitchinterval(before + 0.5e-6)


def test_it_is_short_only_when_chosen_and_restored_at_the_end() -> None:
    with SwitchInterval() as interval:
        assert sys.getswitchinterval() == LONG
        interval.choose(short=True)
        assert sys.getswitchinterval() == pytest.approx(SHORT)
        interval.choose(short=False)
        assert sys.getswitchinterval() == LONG
        interval.choose(short=True)
    assert sys.getswitchinterval() == LONG


def test_one_that_is_shorter_already_stays() -> None:
    sys.setswitchinterval(SHORT / 5 + 0.5e-6)
    shorter = sys.getswitchinterval()
    with SwitchInterval() as interval:
        interval.choose(short=True)
        assert sys.getswitchinterval() == shorter
    assert sys.getswitchinterval() == shorter


def test_it_is_the_same_after_any_number_of_times() -> None:
    for _ in range(50):
        with SwitchInterval() as interval:
            interval.choose(short=True)
    assert sys.getswitchinterval() == LONG


def test_a_sampler_that_begins_before_the_last_one_has_ended_does_not_keep_it_short() -> None:
    last, following = SwitchInterval(), SwitchInterval()
    last.choose(short=True)
    following.choose(short=True)
    last.choose(short=False)
    assert sys.getswitchinterval() == pytest.approx(SHORT)
    following.choose(short=False)
    assert sys.getswitchinterval() == LONG


def test_what_somebody_else_chooses_meanwhile_stays() -> None:
    with SwitchInterval() as interval:
        interval.choose(short=True)
        sys.setswitchinterval(0.02)
    assert sys.getswitchinterval() == pytest.approx(0.02, abs=2e-6)


def test_a_child_made_by_fork_has_the_interval_that_there_was() -> None:
    with SwitchInterval() as interval:
        interval.choose(short=True)
        assert child_says(lambda: sys.getswitchinterval() == LONG)
        assert sys.getswitchinterval() == pytest.approx(SHORT)
