"""The times of lines, read quickly, are those that reading each by itself gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.logs.lines.line_time import ALWAYS, LineClock, Window
from corvo_agent.timestamps import parse_rfc3339

texts = st.sampled_from(
    [
        "2019-05-10T16:26:07Z",
        "2019-05-10T16:26:07.5Z",
        "2019-05-10T16:26:07.675716955Z",
        "2019-05-10T16:26:07.6757169551Z",
        "2019-05-10T16:26:07.Z",
        "2019-05-10T16:26:07.٣Z",
        "2019-05-10T16:26:08.1+02:00",
        "2019-05-10T16:26:60.1Z",
        "yesterday",
        "",
    ]
)


@given(st.lists(texts, max_size=8))
def test_neighbours_do_not_matter(lines: list[str]) -> None:
    clock = LineClock()
    for text in lines:
        try:
            expected = parse_rfc3339(text) or None
        except InvalidArgument:
            expected = None
        found = clock.read({"ts": text})
        assert found == expected or expected is None


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"ts": "1970-01-01T00:00:01Z", "time": "1970-01-01T00:00:02Z"}, 1),
        ({"ts": "soon", "timestamp": "1970-01-01T00:00:02Z"}, 2),
        ({"@timestamp": "1970-01-01T00:00:03Z"}, 3),
        ({"ts": 17, "time": "1970-01-01T00:00:04Z"}, 4),
        ({"msg": "x"}, None),
    ],
)
def test_where_a_time_may_stand(document: dict[str, object], found: int | None) -> None:
    assert LineClock().read(document) == (None if found is None else found * 10**9)


def test_windows() -> None:
    window = Window(10, 20)
    assert [time in window for time in (9, 10, 19, 20, None)] == [False, True, True, False, False]
    assert None in ALWAYS
    assert 7 in ALWAYS
    assert not ALWAYS
    assert 5 in Window(None, 6)
    assert window & Window(None, 15) & Window(12) == Window(12, 15)
    assert ALWAYS & ALWAYS == ALWAYS
