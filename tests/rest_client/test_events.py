"""Server-Sent Events: however the bytes are cut, batches are those that were written."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError, ResourceExhausted
from corvo_agent.rest_client import events
from corvo_agent.rest_client.events import EventBatches

BATCHES = st.lists(st.lists(st.text(max_size=5), min_size=1, max_size=4), max_size=5)


def written(batch: list[str]) -> bytes:
    return b"".join(b"data: " + orjson.dumps({"log": {"msg": text}}) + b"\n\n" for text in batch)


@settings(deadline=None)
@given(BATCHES, st.lists(st.integers(1, 9), min_size=1))
def test_any_cuts_give_the_batches_that_were_written(batches: list[list[str]], sizes: list[int]) -> None:
    reader = EventBatches()
    found = []
    for batch in batches:
        rest, place = written(batch) + b": still here\n\n", 0
        while rest:
            size = sizes[place % len(sizes)]
            piece, rest = rest[:size], rest[size:]
            place += 1
            if given_out := reader.feed(piece, ends=not rest):
                found.append([event["log"]["msg"] for event in given_out])
    assert found == batches


def test_what_was_not_written_to_its_end_is_not_given_out() -> None:
    reader = EventBatches()
    assert reader.feed(written(["one", "two"]), ends=False) == []
    assert reader.feed(b"data: {", ends=True) == []


@pytest.mark.parametrize("line", [b"<html>\n", b"data: no\n", b"data: []\n"])
def test_what_is_no_event_is_refused(line: bytes) -> None:
    with pytest.raises(DecodeError):
        EventBatches().feed(line, ends=True)


def test_an_event_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "EVENT_BYTES", 10)
    with pytest.raises(ResourceExhausted):
        EventBatches().feed(b"data: 123456789", ends=True)
