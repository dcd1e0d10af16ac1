"""A change is in a history once, by whoever and in whatever order it is told; the newest fifty stay."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError
from corvo_agent.modules.history.entry import CREATE, DELETE, LEVEL, OVERRIDE, OVERRIDE_END, HistoryEntry
from corvo_agent.modules.history.value import (
    KEPT_BYTES,
    KEPT_ENTRIES,
    added,
    decode_history,
    encode_history,
    history_key,
)
from corvo_agent.modules.kv import KeyValue

NAME = "node1-shop"


def level(revision: int, to: str, *, since: int | None = None, who: str = "") -> HistoryEntry:
    since = revision - 1 if since is None else since
    return HistoryEntry(NAME, LEVEL, revision, revision, since, level_to=to, who=who, seen=not who)


@settings(max_examples=40)
@given(st.data())
def test_every_change_is_told_once_however_many_saw_it(data: st.DataObject) -> None:
    """Changes told by who made them, by watchers that saw each, and by one that saw a difference only."""
    revisions = data.draw(st.lists(st.integers(2, 60), unique=True, min_size=1, max_size=12).map(sorted))
    changes = [(at, f"L{number}") for number, at in enumerate(revisions)]
    told = [level(at, to, who="alice") for at, to in changes if data.draw(st.booleans())]
    told += [level(at, to, since=before) for (at, to), before in zip(changes, [1, *revisions], strict=False)]
    # One that was away between two changes knows the last of them, by the revision of what came after.
    for at, to in data.draw(st.lists(st.sampled_from(changes), max_size=3)):
        following = min([each for each in revisions if each > at], default=at + 5)
        told.append(level(data.draw(st.integers(at, following - 1)), to, since=data.draw(st.integers(0, at - 1))))
    told = data.draw(st.permutations(told))
    history: tuple[HistoryEntry, ...] = ()
    while told:
        count = data.draw(st.integers(1, len(told)))
        history, told = added(history, told[:count]), told[count:]
    assert [(each.revision, each.level_to) for each in reversed(history)] == changes


def test_the_program_that_made_a_change_knows_more_than_those_that_saw_it() -> None:
    seen, told = level(7, "Debug", since=3), level(7, "Debug", who="alice")
    assert added((), [seen, told]) == added((), [told, seen]) == added((told,), [seen]) == (told,)


def test_what_goes_along_with_a_module_is_no_change_of_its_own() -> None:
    create = HistoryEntry(NAME, CREATE, 1, 5, 4, seen=True)
    assert added((), [create]) == ()
    delete = HistoryEntry(NAME, DELETE, 1, 9, 5, seen=True)
    end = HistoryEntry(NAME, OVERRIDE_END, 1, 10, 6, seen=True)
    again = HistoryEntry(NAME, CREATE, 1, 12, 11, seen=True)
    assert added((), [delete, end, again]) == (again, delete)


def test_the_oldest_are_left_out_and_stay_out() -> None:
    many = added((), [level(number, f"L{number}") for number in range(1, KEPT_ENTRIES + 20)])
    assert len(many) == KEPT_ENTRIES
    assert added(many, [level(3, "L3")]) == many
    assert [each.revision for each in many][:2] == [KEPT_ENTRIES + 19, KEPT_ENTRIES + 18]


def test_what_is_stored_is_read_again_and_never_large() -> None:
    told = [
        HistoryEntry(
            NAME,
            OVERRIDE,
            1_700_000_000_000_000_000 + number,
            number,
            number - 1,
            who="alice",
            address="10.0.0.1",
            by="al",
            reason="r" * 256,
            logger="http" * 50,
            level_from="Info",
            level_to="Debug",
            until=1_800_000_000_000_000_000,
            gateway="g-1",
            change={"x" * 200: "y" * 256, "z": {"a": "b" * 256}},
        )
        for number in range(1, 51)
    ]
    history = added((), told)
    value = encode_history(history)
    assert len(value) <= KEPT_BYTES
    read = decode_history(KeyValue(history_key(NAME), value, 1, 51))
    assert read == history[: len(read)]
    assert len(read) > 30
    assert orjson.loads(value)["entries"][0]["from"] == "10.0.0.1"


def test_revisions_of_another_cluster_say_nothing_of_the_order() -> None:
    value = encode_history((level(900, "Debug"), level(20, "Info")))
    # Copied into a new cluster, whose revisions begin again.
    read = decode_history(KeyValue(history_key(NAME), value, 3, 30))
    assert [(each.revision, each.level_to) for each in read] == [(0, "Debug"), (20, "Info")]
    assert added(read, [level(31, "Warn")])[0].level_to == "Warn"


@pytest.mark.parametrize("value", [b"", b"[]", b'{"entries":{}}', b'{"entries":[{"time":1}]}', b'{"entries":[7]}'])
def test_what_is_no_history_is_said_with_its_key(value: bytes) -> None:
    with pytest.raises(DecodeError, match="/corvo/v1/history/node1-shop at revision 4"):
        decode_history(KeyValue(history_key(NAME), value, 1, 4))
