"""A block profile, sorted for people."""

from __future__ import annotations

import pytest

from corvo_agent.cli.profiles.waits import waits_json, waits_lines, waits_of
from corvo_agent.errors import Unsupported
from corvo_agent.profiles.kinds.block import CONTENTIONS, DELAY, STALL, STALLS
from corvo_agent.profiles.pprof.model import Frame, Label, Profile, Sample

WORK = Frame("shop.work", "/srv/shop/work.py", 7)
WAIT = Frame("asyncio.locks.Event.wait", "/usr/lib/python3.11/asyncio/locks.py", 213)
MS = 1_000_000


def stall(task: str, milliseconds: int, *stack: Frame) -> Sample:
    labels = (Label("thread", "MainThread"), Label("state", "event loop stalled"), Label("task", task))
    return Sample(stack, (0, 0, 1, milliseconds * MS), labels)


def wait(task: str, milliseconds: int, *stack: Frame) -> Sample:
    return Sample(stack, (1, milliseconds * MS, 0, 0), (Label("task", task), Label("state", "waiting: event")))


def profile(*samples: Sample) -> Profile:
    return Profile((CONTENTIONS, DELAY, STALLS, STALL), samples, duration_ns=2000 * MS)


def test_what_held_the_loop_comes_first_and_tasks_at_one_place_are_one_entry() -> None:
    waits = waits_of(
        profile(
            *(wait(f"w-{number}", 300, WAIT, WORK) for number in (10, 9)), stall("a", 100, WORK), stall("b", 400, WORK)
        )
    )
    assert list(waits_lines(waits, 5, 1)) == [
        "the event loop of MainThread did not turn for 500.00ms of 2.0 s (25 %), in 2 stalls",
        "  500.00ms in 2 stalls  a, b  [event loop stalled]",
        "      shop.work  /srv/shop/work.py:7",
        "tasks that waited",
        "  600.00ms in 2 waits  w-9, w-10  [waiting: event]",
        "      asyncio.locks.Event.wait  asyncio/locks.py:213",
        "      ... 1 more frames",
    ]


def test_places_beyond_those_shown_are_summed_up() -> None:
    waits = waits_of(profile(*(wait(str(number), number, Frame(str(number))) for number in range(1, 5))))
    text = list(waits_lines(waits, 2, 5))
    assert text[0] == "no event loop stalled in 2.0 s"
    assert text[-1] == "  3.00ms at 2 other places"
    assert len(waits_json(waits)["waits"]) == 4


def test_a_profile_of_a_go_process_tells_no_stalls() -> None:
    with pytest.raises(Unsupported, match="the profile tells contentions, delay only"):
        waits_of(Profile((CONTENTIONS, DELAY)))
