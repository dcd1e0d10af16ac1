"""Where there is no hub an agent inside takes its place, unless the host has stopped it by then."""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from corvo_agent.stub.hubbed import Hubbed
from corvo_agent.stub.inside import Inside
from corvo_agent.stub.place import MeetingPlace
from tests.stub.kit import PATIENCE, runtime_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with runtime_folder() as made:
        yield made


class _Slow:
    """Makes an agent inside, not before it is told to."""

    def __init__(self) -> None:
        self.asked, self.told = threading.Event(), threading.Event()
        self.made: list[Inside] = []

    def __call__(self) -> Inside:
        self.asked.set()
        self.told.wait(PATIENCE)
        made = Inside({"CORVO_MODULE": "shop", "CORVO_LISTEN": "0.0.0.0:0"}, "app")
        made.start()
        self.made.append(made)
        return made


@pytest.mark.parametrize("timeout", [0.0, PATIENCE])
def test_one_that_is_stopped_while_it_falls_back_leaves_no_agent(
    timeout: float, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    inside = _Slow()
    hubbed = Hubbed(MeetingPlace(str(folder / "hub")), {}, "app", inside)
    hubbed.start()
    assert inside.asked.wait(PATIENCE)
    if not timeout:
        assert not hubbed.stop(timeout)
        inside.told.set()
    else:
        threading.Timer(0.01, inside.told.set).start()
    assert hubbed.stop(PATIENCE)
    assert inside.made[0].stop(PATIENCE)


def test_where_no_thread_can_be_had_that_is_told_and_not_raised(folder: Path) -> None:
    hubbed = Hubbed(MeetingPlace(str(folder / "hub")), {}, "app", _Slow())
    inside = Inside({"CORVO_MODULE": "shop"}, "app")
    # More than there are addresses.
    before = _thread.stack_size(1 << 47)
    try:
        hubbed.start()
        inside.start()
        assert "thread" in hubbed.problem
        assert hubbed.problem == inside.problem
        # In a child, in the hook of the fork.
        hubbed.forked()
        assert "thread" in hubbed.problem
    finally:
        _thread.stack_size(before)
    assert hubbed.stop(0.0)
    assert inside.stop(PATIENCE)
