"""Where in the code a line was written, in every dialect, and objects that stand in a record as text."""

from __future__ import annotations

import pytest

from corvo_agent.logs.lines.parts import find_caller, first_keys, with_objects


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"caller": "a.py:1"}, ("a.py:1", ("caller",))),
        ({"filename": "a.py", "lineno": "7"}, ("a.py:7", ("filename", "lineno"))),
        ({"file": "/srv/a.rs:12"}, ("/srv/a.rs:12", ("file",))),
        ({"source": {"file": "a.go", "line": 3}}, ("a.go:3", ("source",))),
        ({"source": "/var/log/x.log"}, ("", ())),
        ({"file": "host.example:12"}, ("", ())),
    ],
)
def test_the_caller(document: dict[str, object], found: tuple[str, tuple[str, ...]]) -> None:
    assert find_caller(document) == found


def test_objects_are_opened_where_paths_lead_into_them() -> None:
    names = first_keys(["err.type"])
    assert names == {"err", "err.type"}
    record = {"err": '{"type":"X"}', "other": '{"a":1}', "err.type": "{broken"}
    assert with_objects(record, names) == {"err": {"type": "X"}, "other": '{"a":1}', "err.type": "{broken"}
