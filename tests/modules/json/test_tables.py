"""Tables of JSON keys follow the rules of Go's encoding/json."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.modules.json.tables import JsonTable, int32, text


@dataclass
class Thing:
    name: str = ""
    size: int = 0


TABLE = JsonTable("thing", text("name", "name", always=True), int32("size", "size"))


def test_reading_separates_what_is_known_from_what_is_not() -> None:
    assert TABLE.read({"NAME": "a", "size": 3, "colour": "red"}) == ({"name": "a", "size": 3}, {"colour": "red"})


def test_null_gives_nothing() -> None:
    assert TABLE.read(None) == ({}, {})
    assert TABLE.read({"name": None}) == ({}, {})


def test_of_two_spellings_the_later_one_counts() -> None:
    assert TABLE.read({"name": "a", "Name": "b"})[0] == {"name": "b"}
    assert TABLE.read({"Name": "b", "name": "a"})[0] == {"name": "a"}


def test_writing_keeps_order_omits_what_is_empty_and_appends_the_unknown() -> None:
    assert list(TABLE.write(Thing(size=2), {"colour": "red", "size": "kept elsewhere"}).items()) == [
        ("name", ""),
        ("size", 2),
        ("colour", "red"),
    ]
    assert TABLE.write(Thing(), {}) == {"name": ""}


def test_errors_name_the_path_from_the_top_or_the_one_given() -> None:
    with pytest.raises(InvalidArgument, match=r"thing\.size: must be a whole number"):
        TABLE.read({"size": "3"})
    with pytest.raises(InvalidArgument, match=r"things\.4\.size: must be a whole number"):
        TABLE.read({"size": 2**31}, "things.4")
    with pytest.raises(InvalidArgument, match="thing: must be an object"):
        TABLE.read(["name"])
