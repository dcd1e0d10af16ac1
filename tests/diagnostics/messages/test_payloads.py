"""Payload bytes are standard protobuf, those of betterproto and google.protobuf, and nothing else is read."""

from __future__ import annotations

from dataclasses import dataclass

import betterproto
import pytest
from betterproto.lib.google import protobuf as timestamps
from google.protobuf.message import DecodeError as GoogleDecodeError
from hypothesis import assume, given
from hypothesis import strategies as st

from corvo_agent._generated import protos
from corvo_agent.diagnostics.messages import payloads
from corvo_agent.diagnostics.query import NOTHING, Payload
from corvo_agent.errors import DecodeError
from tests.descriptors import google_class, set_aside

from ..strategies import MAPS, NEARLY_PROTOBUF, TEXT


@given(MAPS)
def test_stats_mean_the_same_to_everybody(stats: dict[str, str]) -> None:
    data = payloads.stats_payload(stats).value
    google = google_class("protos.Stats")(Stats=stats)
    assert dict(google_class("protos.Stats").FromString(data).Stats) == stats
    assert protos.Stats().parse(data).stats == stats
    assert payloads.decode_stats(data) == payloads.decode_stats(google.SerializeToString()) == stats
    if len(stats) < 2:
        assert data == google.SerializeToString()


@given(TEXT)
def test_string_is_the_same_bytes_everywhere(content: str) -> None:
    data = payloads.string_payload(content).value
    assert data == bytes(protos.String(content=content))
    assert data == google_class("protos.String")(Content=content).SerializeToString()
    assert payloads.decode_string(data) == content


@given(st.binary(max_size=300))
def test_profile_is_the_same_bytes_everywhere(buffer: bytes) -> None:
    data = payloads.profile_payload(buffer).value
    assert data == bytes(protos.Profile(buffer=buffer))
    assert data == google_class("protos.Profile")(Buffer=buffer).SerializeToString()
    assert payloads.decode_profile(data) == buffer


def google_reads(name: str, data: bytes) -> object:
    try:
        message = google_class(name).FromString(data)
    except (GoogleDecodeError, UnicodeDecodeError):
        return "refused"
    logs = message.Logs if name == "protos.Logs" else ()
    assume(not any(set_aside(log, 1) for log in logs))
    assume(name != "protos.Stats" or not set_aside(message, 1))
    match name:
        case "protos.Logs":
            return [dict(log.Log) for log in message.Logs]
        case "protos.Stats":
            return dict(message.Stats)
        case "protos.String":
            return message.Content
    return message.Buffer


DECODERS = {
    "protos.Logs": payloads.decode_logs,
    "protos.Stats": payloads.decode_stats,
    "protos.String": payloads.decode_string,
    "protos.Profile": payloads.decode_profile,
}


@pytest.mark.parametrize("name", DECODERS)
@given(data=NEARLY_PROTOBUF)
def test_bytes_are_read_or_refused_as_google_protobuf_does(name: str, data: bytes) -> None:
    expected = google_reads(name, data)
    try:
        read: object = DECODERS[name](data)
    except DecodeError:
        read = "refused"
    assert read == expected


@pytest.mark.parametrize("name", DECODERS)
@given(content=MAPS, cut=st.integers(0, 200))
def test_cut_bytes_are_read_or_refused_as_google_protobuf_does(name: str, content: dict[str, str], cut: int) -> None:
    data = payloads.encode_logs([content])[:cut]
    try:
        read: object = DECODERS[name](data)
    except DecodeError:
        read = "refused"
    assert read == google_reads(name, data)


def test_payloads_name_their_type() -> None:
    assert payloads.logs_payload([{"a": "b"}]) == Payload(payloads.LOGS, payloads.encode_logs([{"a": "b"}]))
    assert payloads.stats_payload({"a": "b"}).type_url == "type.googleapis.com/protos.Stats"
    assert payloads.profile_payload(b"x").type_url == "type.googleapis.com/protos.Profile"
    assert payloads.string_payload("x").type_url == "type.googleapis.com/protos.String"


@dataclass(eq=False, repr=False)
class Basket(betterproto.Message):
    items: int = betterproto.int32_field(1)


def test_a_message_of_the_users_own_is_packed_with_its_type() -> None:
    payload = payloads.payload_of(Basket(3))
    assert payload == Payload(f"type.googleapis.com/{Basket.__module__}.Basket", b"\x08\x03")
    assert payloads.payload_of(Basket(3), "x/shop.Basket").type_url == "x/shop.Basket"
    assert payloads.payload_of(payload, "x/shop.Basket") is payload


def test_generated_messages_are_the_payloads_of_their_type() -> None:
    records = [{"a": "b"}, {}]
    logs = protos.Logs([protos.Log(record) for record in records])
    assert payloads.payload_of(logs) == payloads.logs_payload(records)
    assert payloads.payload_of(protos.Stats({"a": "1"})) == payloads.stats_payload({"a": "1"})
    assert payloads.payload_of(protos.Profile(b"x")) == payloads.profile_payload(b"x")
    assert payloads.payload_of(protos.String("x")) == payloads.string_payload("x")
    assert payloads.payload_of(timestamps.Timestamp(1)).type_url == "type.googleapis.com/google.protobuf.Timestamp"


def test_what_is_neither_is_said() -> None:
    with pytest.raises(TypeError, match="str is neither a Payload nor a betterproto message"):
        payloads.payload_of("x")  # type: ignore[arg-type]


def test_an_answer_of_another_type_is_refused() -> None:
    assert payloads.check_type(Payload("elsewhere/protos.Logs", b"x"), payloads.LOGS) == b"x"
    assert payloads.check_type(NOTHING, payloads.LOGS) == b""
    with pytest.raises(DecodeError, match=r"protos.Logs: the answer holds type.googleapis.com/protos.Stats"):
        payloads.check_type(payloads.stats_payload({}), payloads.LOGS)
