"""Remarks of the engine are records that cannot be taken for lines."""

from __future__ import annotations

from corvo_agent.logs.lines import marker
from corvo_agent.logs.lines.marker import Gap, Truncation, is_marker


def test_each_remark_is_a_marker_with_its_key() -> None:
    assert marker.truncated(Truncation.SIZE, "c")["corvo.cursor"] == "c"
    assert "corvo.cursor" not in marker.truncated(Truncation.DEADLINE)
    assert marker.dropped(7)["corvo.dropped"] == "7"
    assert marker.position("c")["corvo.cursor"] == "c"
    for why in Gap:
        record = marker.gap(why, "/a.log", "because")
        assert is_marker(record)
        assert (record["corvo.gap"], record["source"]) == (why.value, "/a.log")
        assert record["msg"].endswith(": because")
    assert not is_marker({"level": "info"})
