"""What many watchers share is written once, and each form is what its protocol reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.gateway.watching.cached_module import CachedModule
from corvo_agent.gateway.watching.events import Event, EventBatch
from corvo_agent.modules.kv import ChangeType

from ..modules import module


def event(revision: int, type: ChangeType = ChangeType.CREATED, **changes: Any) -> Event:
    return Event(type, revision, CachedModule(module(f"m{revision}", revision, **changes)))


def unframed(frame: bytes) -> bytes:
    """The text of one WebSocket frame (RFC 6455, 5.2): whole, a text, not masked."""
    assert frame[0] == 0x81
    size, start = frame[1], 2
    assert size < 128
    if size >= 126:
        start = 4 if size == 126 else 10
        size = int.from_bytes(frame[2:start])
    assert len(frame) == start + size
    return frame[start:]


def unchunked(chunk: bytes) -> bytes:
    """The data of one chunk (RFC 9112, 7.1)."""
    head, _, rest = chunk.partition(b"\r\n")
    assert rest.endswith(b"\r\n")
    assert len(rest) == int(head, 16) + 2
    return rest[:-2]


@pytest.mark.parametrize("type", ChangeType)
def test_an_event_says_its_type_and_its_object(type: ChangeType) -> None:
    found = event(3, type)
    shown = json.loads(found.json)
    assert (shown["type"], shown["object"]["meta"]["name"]) == (type.value, "m3")
    assert repr(found) == f"Event({type.value} 'm3' at 3)"


@given(st.lists(st.text(max_size=200), min_size=1, max_size=4), st.integers(0, 70_000))
def test_every_form_holds_the_same_events(labels: list[str], size: int) -> None:
    events = [event(number, labels={"l": label}) for number, label in enumerate(labels)]
    events.append(event(99, labels={"long": "x" * size}))
    batch = EventBatch(events)
    expected = [json.loads(each.json) for each in events]
    assert len(batch) == len(events)
    assert json.loads(batch.text) == {"events": expected}
    assert json.loads(batch.line) == {"result": {"events": expected}}
    assert unframed(batch.frame) == batch.text
    assert unchunked(batch.chunk) == batch.line
    assert batch.text.count(b"\n") == batch.line.count(b"\n") == 1


def test_a_batch_without_events_is_a_short_frame() -> None:
    batch = EventBatch([])
    assert unframed(batch.frame) == b'{"events":[]}\n'
    assert batch.frame is batch.frame
