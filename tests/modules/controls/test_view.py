"""Which controls count is what the watch told last, without those that a change of log-level has ended."""

from __future__ import annotations

import pytest

from corvo_agent.modules.controls.codec import control_key
from corvo_agent.modules.controls.view import ControlsView
from corvo_agent.modules.kv import Change, ChangeType, KeyValue
from corvo_agent.modules.model import Module

NAME = "node1-shop"


def put(id: str, revision: int, value: bytes = b'{"level":"Debug"}') -> Change:
    key = control_key(NAME, id)
    return Change(ChangeType.UPDATED, key, revision, KeyValue(key, value, revision, revision))


def gone(id: str, revision: int) -> Change:
    return Change(ChangeType.DELETED, control_key(NAME, id), revision, None)


def module(level: str, revision: int) -> Module:
    return Module().with_meta(name=NAME, resource_version=str(revision)).with_spec(log_level=level)


def ids(view: ControlsView) -> tuple[list[str], list[str], list[str]]:
    parts = view.controls, view.overruled, view.doubtful
    return tuple([control.id for control in part] for part in parts)  # type: ignore[return-value]


def test_it_knows_what_was_put_and_not_what_has_gone(caplog: pytest.LogCaptureFixture) -> None:
    view = ControlsView()
    view.take([put("1", 5), put("2", 6), put("bad", 7, b"nothing"), gone("1", 8)])
    view.take([Change(ChangeType.CREATED, f"/corvo/v1/modules/{NAME}/endpoint", 9, None)])
    assert ids(view) == (["2"], [], [])
    assert "control ignored" in caplog.text
    # What cannot be read takes the place of what could.
    view.take([put("2", 10, b"{}")])
    assert ids(view) == ([], [], [])


def test_a_change_of_the_level_ends_what_was_set_before_it() -> None:
    view = ControlsView()
    view.see(module("Info", 4), 4, exact=True)
    view.take([put("old", 5), put("logger", 5, b'{"level":"Debug","logger":"http"}'), put("new", 9)])
    view.see(module("info", 6), 6, exact=True)
    assert ids(view)[1] == [], "the same level in other letters is no change"
    view.see(module("Warn", 8), 8, exact=True)
    assert ids(view) == (["logger", "new"], ["old"], [])
    # Written anew it counts again, and when it has gone it is forgotten.
    view.take([put("old", 10)])
    assert ids(view) == (["logger", "new", "old"], [], [])


def test_one_that_is_created_again_with_another_level_has_changed_it() -> None:
    view = ControlsView()
    view.take([put("1", 5)])
    view.see(module("Info", 4), 4, exact=True)
    view.see(None, 6, exact=True)
    view.see(module("Info", 7), 7, exact=True)
    assert ids(view)[1] == []
    view.see(None, 8, exact=True)
    view.see(module("", 9), 9, exact=True)
    assert ids(view)[1] == ["1"]


def test_what_was_not_seen_is_doubtful_until_it_is_settled() -> None:
    view = ControlsView()
    view.take([put("a", 5), put("b", 6), put("new", 9), put("logger", 5, b'{"level":"Debug","logger":"x"}')])
    view.see(module("Info", 8), 8, exact=False)
    assert ids(view) == (["a", "b", "new", "logger"], [], ["a", "b"])
    first, second = view.doubtful
    view.settle(first, ended=True)
    view.settle(second, ended=False)
    assert ids(view) == (["b", "new", "logger"], ["a"], [])


def test_what_was_written_anew_meanwhile_is_not_ended_by_an_old_answer() -> None:
    view = ControlsView()
    view.take([put("a", 5)])
    view.see(module("Info", 8), 8, exact=False)
    (old,) = view.doubtful
    view.take([put("a", 9)])
    view.settle(old, ended=True)
    assert ids(view) == (["a"], [], [])
