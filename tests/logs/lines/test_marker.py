"""Remarks of the engine are records that cannot be taken for lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.lines import marker
from corvo_agent.logs.lines.marker import Gap, Truncation, is_marker, with_own_moved


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


@given(st.dictionaries(st.lists(st.sampled_from(["line.", "corvo.", "cursor", "x", ""])).map("".join), st.integers()))
def test_no_key_of_a_line_is_one_of_the_engine_and_no_two_become_one(line: dict[str, int]) -> None:
    moved = with_own_moved(line)
    assert not any(key.startswith("corvo.") for key in moved)
    assert list(moved.values()) == list(line.values())
    assert all(new in (old, "line." + old) for old, new in zip(line, moved, strict=True))
