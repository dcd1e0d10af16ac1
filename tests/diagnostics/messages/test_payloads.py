"""Payload bytes are standard protobuf, those of betterproto and google.protobuf, and nothing else is read."""

from __future__ import annotations

import pytest
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
    data = payloads.encode_stats(stats)
    google = google_class("protos.Stats")(Stats=stats)
    assert dict(google_class("protos.Stats").FromString(data).Stats) == stats
    assert protos.Stats().parse(data).stats == stats
    assert payloads.decode_stats(data) == payloads.decode_stats(google.SerializeToString()) == stats
    if len(stats) < 2:
        assert data == google.SerializeToString()


@given(TEXT)
def test_string_is_the_same_bytes_everywhere(content: str) -> None:
    data = payloads.encode_string(content)
    assert data == bytes(protos.String(content=content))
    assert data == google_class("protos.String")(Content=content).SerializeToString()
    assert payloads.decode_string(data) == content


@given(st.binary(max_size=300))
def test_profile_is_the_same_bytes_everywhere(buffer: bytes) -> None:
    data = payloads.encode_profile(buffer)
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


def test_an_answer_of_another_type_is_refused() -> None:
    assert payloads.check_type(Payload("elsewhere/protos.Logs", b"x"), payloads.LOGS) == b"x"
    assert payloads.check_type(NOTHING, payloads.LOGS) == b""
    with pytest.raises(DecodeError, match=r"protos.Logs: the answer holds type.googleapis.com/protos.Stats"):
        payloads.check_type(payloads.stats_payload({}), payloads.LOGS)
