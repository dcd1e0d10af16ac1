"""What costs too much is done less often."""

from __future__ import annotations

import time

from corvo_agent.profiles.pacing.periodic_work import PeriodicWork


def burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_it_is_done_when_due_and_hears_how_long_ago_it_was_done() -> None:
    elapsed: list[float] = []
    work = PeriodicWork(elapsed.append, 0.5)
    start = work.due
    work.do_if_due(start + 1.0)
    work.do_if_due(start + 1.2)
    work.do_if_due(start + 2.0)
    assert [round(each, 6) for each in elapsed] == [1.0, 1.0]


def test_an_expensive_one_becomes_rarer() -> None:
    work = PeriodicWork(lambda elapsed: burn(0.005), 0.001)
    now = work.due
    work.do_if_due(now)
    assert work.due - now > 0.05
