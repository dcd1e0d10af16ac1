"""Requests are what etcd's API says; answers of any shape give values or DecodeError."""

from __future__ import annotations

import base64
import contextlib
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError
from corvo_agent.modules.etcd import messages
from corvo_agent.modules.etcd.messages import change, header_revision, range_answer, txn_answer
from corvo_agent.modules.kv import Change, ChangeType, KeyValue, Range
from tests.modules.etcd_json import NEAR_MISSES

HEADER = {"cluster_id": "7", "member_id": "8", "revision": "9"}


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_a_prefix_ends_where_other_keys_begin(prefix: bytes, key: bytes) -> None:
    end = messages.prefix_end(prefix)
    inside = key >= prefix and (end == b"\0" or key < end)
    assert inside == key.startswith(prefix)


@pytest.mark.parametrize(
    ("prefix", "end"), [(b"a", b"b"), (b"a\xff", b"b"), (b"a/", b"a0"), (b"\xff\xff", b"\0"), (b"", b"\0")]
)
def test_prefix_ends(prefix: bytes, end: bytes) -> None:
    assert messages.prefix_end(prefix) == end


@given(st.binary(max_size=50))
def test_bytes_are_standard_base64(data: bytes) -> None:
    assert messages.base64_text(data) == base64.b64encode(data).decode()


@given(st.binary(max_size=20))
def test_every_key_survives_the_way_here_and_back(key: bytes) -> None:
    assert messages.key_bytes(messages.key_value({"key": messages.base64_text(key)}).key) == key


def test_requests_have_the_fields_of_the_api() -> None:
    assert messages.key_range("a/", exact=True) == {"key": b64("a/")}
    assert messages.key_range("a/", exact=False) == {"key": b64("a/"), "range_end": b64("a0")}
    assert messages.key_range("", exact=False) == {"key": "AA==", "range_end": "AA=="}
    assert messages.put_request("k", b"v", 5) == {"key": b64("k"), "value": b64("v"), "lease": "5"}
    assert messages.txn_request("k", [messages.PRESENT, messages.at_revision(3)], {"request_put": {}}) == {
        "compare": [
            {"key": b64("k"), "target": "CREATE", "result": "GREATER", "create_revision": "0"},
            {"key": b64("k"), "target": "MOD", "result": "EQUAL", "mod_revision": "3"},
        ],
        "success": [{"request_put": {}}],
        "failure": [{"request_range": {"key": b64("k")}}],
    }


@pytest.mark.parametrize(("start", "sent"), [(5, "5"), (0, "1"), (-3, "1")])
def test_a_watch_never_starts_now_when_it_should_start_in_the_past(start: int, sent: str) -> None:
    assert messages.watch_request("k", start, exact=True) == {
        "create_request": {"key": b64("k"), "start_revision": sent, "fragment": True}
    }


def test_answers_are_read() -> None:
    kv = {"key": b64("é"), "value": b64("v"), "create_revision": "3", "mod_revision": "4", "version": "2", "lease": "6"}
    item = KeyValue("é", b"v", 3, 4, 6)
    assert range_answer({"header": HEADER, "kvs": [kv], "more": True}) == (Range((item,), 9, "7"), True)
    assert range_answer({"header": HEADER}) == (Range((), 9, "7"), False)
    put = {"header": HEADER, "succeeded": True, "responses": [{"response_put": {"header": HEADER}}]}
    assert txn_answer(put) == (True, 9, None)
    deleted = {"header": HEADER, "succeeded": True, "responses": [{"response_delete_range": {"prev_kvs": [kv]}}]}
    assert txn_answer(deleted) == (True, 9, item)
    refused = {"header": HEADER, "responses": [{"response_range": {"kvs": [kv]}}]}
    assert txn_answer(refused) == (False, 9, item)
    assert txn_answer({"header": HEADER, "responses": [{"response_range": {}}]}) == (False, 9, None)


def test_events_are_read() -> None:
    new = {"key": b64("k"), "create_revision": "4", "mod_revision": "4", "version": "1"}
    changed = {**new, "mod_revision": "5", "value": b64("v")}
    assert change({"kv": new}) == Change(ChangeType.CREATED, "k", 4, KeyValue("k", b"", 4, 4))
    assert change({"type": "PUT", "kv": changed}) == Change(ChangeType.UPDATED, "k", 5, KeyValue("k", b"v", 4, 5))
    gone: dict[str, Any] = {"type": "DELETE", "kv": {"key": b64("k"), "mod_revision": "6"}}
    assert change(gone) == Change(ChangeType.DELETED, "k", 6, None)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"kv": None},
        {"kv": {"key": 5}},
        {"kv": {"key": "?"}},
        {"kv": {"key": "é"}},
        {"kv": {"key": b64("k"), "value": "a"}},
        {"kv": {"key": b64("k"), "mod_revision": "x"}},
        {"kv": {"key": b64("k"), "mod_revision": 1.5}},
        {"kv": {"key": b64("k"), "mod_revision": True}},
        {"kv": {"key": b64("k"), "mod_revision": "9" * 5000}},
        {"type": "EXPIRE", "kv": {"key": b64("k")}},
        {"type": "DELETE", "kv": {"key": b64("k"), "mod_revision": [1]}},
    ],
)
def test_an_event_of_another_form_is_refused_by_name(event: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match="an event"):
        messages.decoded("an event", change, event)


@settings(max_examples=50)
@given(
    NEAR_MISSES,
    st.sampled_from([range_answer, txn_answer, change, header_revision]),
)
def test_whatever_a_server_sends_gives_values_or_an_error_of_ours(raw: Any, decode: Any) -> None:
    with contextlib.suppress(DecodeError):
        messages.decoded("it", decode, orjson.loads(orjson.dumps(raw)))
