"""Debug answers become the JSON that the original sends, whatever message they hold."""

from __future__ import annotations

import base64
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent._generated.api import Interface, InterfaceSlice
from corvo_agent.diagnostics.messages.payloads import logs_payload, profile_payload, stats_payload, string_payload
from corvo_agent.diagnostics.query import NOTHING, Payload
from corvo_agent.errors import RemoteError, Unsupported
from corvo_agent.gateway.rest.transcode import payload_json

text = st.text(st.characters(exclude_categories=["Cs"]))
INTERFACE = "type.googleapis.com/api.Interface"


def read(payload: Payload) -> object:
    return json.loads(payload_json(payload))


@given(st.lists(st.dictionaries(text, text, min_size=1), min_size=1, max_size=4))
def test_logs(records: list[dict[str, str]]) -> None:
    assert read(logs_payload(records)) == {"diagnostics": {"logs": [{"log": record} for record in records]}}


def test_a_large_answer_is_the_same_made_in_parts() -> None:
    records = [{"msg": "x" * 300, "n": str(number), "é": "\n"} for number in range(2000)] + [{}]
    assert read(logs_payload(records)) == {
        "diagnostics": {"logs": [*({"log": record} for record in records[:-1]), {}]},
    }
    # Unknown fields in front of them, more than a part has.
    unknown = b"\x10\x01" * 200_000
    assert read(Payload("t/protos.Logs", unknown + logs_payload([{"a": "b"}]).value)) == {
        "diagnostics": {"logs": [{"log": {"a": "b"}}]}
    }
    assert read(Payload("t/protos.Logs", unknown)) == {"diagnostics": {"logs": None}}
    with pytest.raises(RemoteError):
        payload_json(Payload("t/protos.Logs", logs_payload(records).value[:-1] + b"\xff\xff"))


def test_keys_of_a_record_are_sorted_as_go_writes_maps() -> None:
    written = payload_json(logs_payload([{"ts": "1", "@timestamp": "2", "msg": "<&>"}]))
    assert written == b'{"diagnostics":{"logs":[{"log":{"@timestamp":"2","msg":"<&>","ts":"1"}}]}}'


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (NOTHING, {}),
        (logs_payload([]), {"diagnostics": {"logs": None}}),
        (logs_payload([{}]), {"diagnostics": {"logs": [{}]}}),
        (stats_payload({"cpustats": '{"NumCPUs":16}'}), {"diagnostics": {"stats": {"cpustats": '{"NumCPUs":16}'}}}),
        (stats_payload({}), {"diagnostics": {}}),
        (string_payload("done"), {"diagnostics": {"string": "done"}}),
        (string_payload(""), {"diagnostics": {}}),
        (profile_payload(b"\x1f\x8b"), {"diagnostics": {"buffer": base64.b64encode(b"\x1f\x8b").decode()}}),
        (profile_payload(b""), {"diagnostics": {}}),
    ],
)
def test_each_message(payload: Payload, expected: object) -> None:
    assert read(payload) == expected


values = st.recursive(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=8,
)


def interface(value: object) -> Interface:
    if isinstance(value, bool):
        return Interface(bool=value)
    if isinstance(value, str):
        return Interface(str=value)
    if isinstance(value, int):
        return Interface(int64=value)
    if isinstance(value, float):
        return Interface(float=value)
    assert isinstance(value, list)
    return Interface(interfaces=InterfaceSlice(values=[interface(item) for item in value]))


@given(values)
def test_an_interface_is_its_bare_value(value: object) -> None:
    assert read(Payload(INTERFACE, bytes(interface(value)))) == {"diagnostics": value}


def test_an_unset_element_is_null_and_an_unset_interface_an_error() -> None:
    slice_of_unset = bytes(Interface(interfaces=InterfaceSlice(values=[Interface()])))
    assert read(Payload(INTERFACE, slice_of_unset)) == {"diagnostics": [None]}
    with pytest.raises(Unsupported):
        payload_json(Payload(INTERFACE, b""))


def test_slices_in_slices_are_followed_only_so_far() -> None:
    value: object = "x"
    for _ in range(49):
        value = [value]
    assert read(Payload(INTERFACE, bytes(interface(value)))) == {"diagnostics": value}
    value = [value]
    with pytest.raises(RemoteError, match="nested deeper than 100"):
        payload_json(Payload(INTERFACE, bytes(interface(value))))


def test_a_message_that_nobody_knows_is_named() -> None:
    with pytest.raises(Unsupported) as caught:
        payload_json(Payload("type.googleapis.com/protos.X", b""))
    assert 'message type "protos.X" isn\'t linked in' in caught.value.reason


@pytest.mark.parametrize("name", ["protos.Logs", "protos.Stats", "protos.String", "protos.Profile", "api.Interface"])
def test_broken_bytes_are_a_clear_error(name: str) -> None:
    with pytest.raises(RemoteError):
        payload_json(Payload(f"type.googleapis.com/{name}", b"\x0a\xff" + struct.pack("<d", 1.0)))
