"""The JSON of one change, what is masked in it, and what is too much for it."""

from __future__ import annotations

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.modules.history.entry import LABELS, HistoryEntry, entry_from_dict, entry_to_dict, presentable


def test_empty_fields_are_left_out_and_unknown_ones_passed_over() -> None:
    entry = HistoryEntry("node1-shop", LABELS, 1_700_000_000_000_000_000, 5, 4, change={"team": None})
    written = entry_to_dict(entry)
    assert written == {
        "time": "2023-11-14T22:13:20Z",
        "module": "node1-shop",
        "what": "labels",
        "change": {"team": None},
        "revision": "5",
        "since": "4",
    }
    assert entry_from_dict({**written, "later": 1}) == entry


def test_secrets_are_masked_and_texts_cut() -> None:
    change = {"token": "abc", "args": ["--password=x"] * 100, "deep": {"a": {"b": {"c": "d"}}}, "n": 1}
    entry = presentable(HistoryEntry("a1", "spec", 1, reason="password=hunter2 " + "x" * 500, change=change))
    assert entry.reason.startswith("password=*** ")
    assert len(entry.reason) == 256
    assert entry.change["token"] == "***"
    assert entry.change["args"] == ["--password=***"] * 20
    assert entry.change["deep"] == {"a": {"b": {}}} or entry.change["deep"] == {"a": {}}


@pytest.mark.parametrize("value", [None, 7, {"revision": 5}, {"revision": "-1"}, {"time": "noon"}, {"who": 3}])
def test_a_wrong_type_is_refused_with_its_path(value: object) -> None:
    if value is None:
        assert entry_from_dict(value).what == ""
        return
    with pytest.raises(InvalidArgument, match="entry"):
        entry_from_dict(value)
