"""What Date headers tell of a server's clock: always true, and with each answer more exact."""

from __future__ import annotations

import logging
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.modules.etcd.server_clock import ServerClock
from corvo_agent.testing import FakeClock

SECOND = 10**9
A, B = "http://a:1", "http://b:1"


class Wall(FakeClock):
    """A clock that tests move without anything waiting for it."""

    def pass_by(self, seconds: float) -> None:
        self._elapsed += seconds

    def jump(self, seconds: float) -> None:
        self._time_ns += round(seconds * SECOND)


class World:
    """Our clock, and a server's that is ``ahead`` seconds ahead of it."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ours = Wall()
        self.ahead = ahead
        self.server = ServerClock(self.ours)

    def answer(self, there: float = 0.0, back: float = 0.0, endpoint: str = A) -> None:
        """One request that took so long there and back."""
        sent = self.ours.time_ns()
        self.ours.pass_by(there)
        theirs = self.ours.time_ns() / SECOND + self.ahead
        self.ours.pass_by(back)
        self.server.note(endpoint, formatdate(int(theirs), usegmt=True), sent)

    def assert_true(self) -> tuple[float, float]:
        found = self.server.difference
        assert found is not None
        assert abs(found.seconds - self.ahead) <= found.doubt + 1e-5
        return found.seconds, found.doubt


durations = st.floats(0, 3)


@settings(max_examples=100, deadline=None)
@given(st.floats(-1e6, 1e6), st.lists(st.tuples(durations, durations, durations), min_size=1, max_size=20))
def test_the_bounds_hold_and_get_no_wider_than_one_answer_makes_them(
    ahead: float, answers: list[tuple[float, float, float]]
) -> None:
    world = World(ahead)
    for pause, there, back in answers:
        world.ours.pass_by(pause)
        world.answer(there, back)
        _, doubt = world.assert_true()
        assert doubt <= (1 + there + back) / 2 + 1e-5


@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
def test_a_clock_of_ours_that_was_set_is_known_before_the_next_answer(seconds: float) -> None:
    world = World(3.25)
    world.answer()
    world.ours.pass_by(100.0)
    world.ours.jump(seconds)
    world.ahead -= seconds
    world.assert_true()
    world.answer()
    world.assert_true()


def test_many_answers_know_it_better_than_a_second() -> None:
    world = World(3.25)
    for _ in range(50):
        world.ours.pass_by(0.37)
        world.answer(0.001, 0.001)
    seconds, doubt = world.assert_true()
    assert doubt < 0.05
    assert seconds == pytest.approx(3.25, abs=0.05)


def test_a_clock_that_is_set_is_followed() -> None:
    world = World()
    for _ in range(5):
        world.ours.pass_by(0.37)
        world.answer()
    for step in (3600.0, -7200.0):
        world.ours.jump(step)
        world.ahead -= step
        world.answer()
        world.assert_true()


def test_another_server_has_another_clock() -> None:
    world = World(0.5)
    world.answer()
    world.ahead = -0.7
    world.answer(endpoint=B)
    world.assert_true()


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Nov 2026 07:29:40 GMT"])
def test_without_a_date_nothing_is_known(date: str) -> None:
    clock = FakeClock()
    server = ServerClock(clock)
    server.note(A, date, clock.time_ns())
    assert server.difference is None


def test_clocks_that_may_agree_are_not_corrected() -> None:
    world = World(0.2)
    world.answer()
    found = world.server.difference
    assert found is not None
    assert found.correction == 0
    far = World(-100)
    far.answer()
    assert far.server.difference is not None
    assert far.server.difference.correction == pytest.approx(-100, abs=1)


@pytest.mark.parametrize(("ahead", "word"), [(7200.4, "behind"), (-7.4, "ahead of")])
def test_a_clock_that_is_far_off_is_warned_about_once(
    ahead: float, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(ahead)
    for _ in range(5):
        world.answer()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert f"s {word} that of etcd at {A}" in caplog.messages[0]


def test_a_difference_of_some_seconds_is_no_reason_to_warn(caplog: pytest.LogCaptureFixture) -> None:
    world = World(4.9)
    for _ in range(20):
        world.ours.pass_by(0.3)
        world.answer()
    assert caplog.records == []
