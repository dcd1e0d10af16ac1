"""Requests and answers are the bytes that Go peers write, and foreign bytes are read as google.protobuf reads them."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError as GoogleDecodeError
from hypothesis import assume, given
from hypothesis import strategies as st

from corvo_agent._generated import diagnostics
from corvo_agent.diagnostics.messages.payloads import LOGS
from corvo_agent.diagnostics.messages.request_codec import (
    MAX_PARAMETERS,
    payload_in,
    query_of,
    request_of,
    response_of,
)
from corvo_agent.diagnostics.query import NOTHING, DebugQuery, Payload
from corvo_agent.errors import DecodeError, ResourceExhausted
from corvo_agent.protobuf.codec import decode, encode
from tests.descriptors import google_class, set_aside

from ..strategies import MAPS, NEARLY_PROTOBUF, TEXT

REQUEST = "diagnostics.DiagnosticsRequest"
RESPONSE = "diagnostics.DiagnosticsResponse"
# DiagnosticsRequest{Name m1, query log, param a=b} as a Go peer writes it.
SAMPLE = bytes.fromhex("0a00 120c 0a026d31 42020a00 4a020a00 1a036c6f67 2200 2a06 0a0161 120162")


def encode_request(query: DebugQuery) -> bytes:
    return encode(request_of(query))


def decode_request(data: bytes, timeout: float | None = None) -> DebugQuery:
    return query_of(decode(diagnostics.DiagnosticsRequest, data), timeout)


def encode_response(payload: Payload) -> bytes:
    return encode(response_of(payload))


def decode_response(data: bytes) -> Payload:
    return payload_in(decode(diagnostics.DiagnosticsResponse, data))


QUERIES = st.builds(DebugQuery, TEXT, MAPS, TEXT, TEXT)


def test_the_request_of_a_go_peer() -> None:
    query = DebugQuery("log", {"a": "b"}, "m1")
    assert encode_request(query) == SAMPLE
    assert decode_request(SAMPLE) == query
    assert decode_request(SAMPLE, 2.5).timeout == 2.5


def test_the_answers_of_a_go_peer() -> None:
    empty_logs = bytes.fromhex("0a23 0a21 0a1f") + b"type.googleapis.com/protos.Logs"
    assert encode_response(Payload(LOGS)) == empty_logs
    assert decode_response(empty_logs) == Payload(LOGS)
    assert encode_response(NOTHING) == b""
    assert decode_response(b"") == NOTHING


@given(QUERIES)
def test_requests_mean_the_same_to_everybody(query: DebugQuery) -> None:
    data = encode_request(query)
    google = google_class(REQUEST).FromString(data)
    read = (google.Query, dict(google.Parameters), google.O.Name, google.ServicePort.Name)
    assert read == (query.query, query.parameters, query.name, query.service_port)
    ours = diagnostics.DiagnosticsRequest().parse(data)
    assert (ours.query, ours.parameters, ours.o.name, ours.service_port.name) == read
    assert decode_request(data) == decode_request(google.SerializeToString()) == query


@given(st.builds(Payload, TEXT, st.binary(max_size=300)))
def test_answers_are_the_same_bytes_everywhere(payload: Payload) -> None:
    google = google_class(RESPONSE)()
    if payload != NOTHING:
        google.Object.Object.type_url = payload.type_url
        google.Object.Object.value = payload.value
    assert encode_response(payload) == google.SerializeToString()
    assert decode_response(encode_response(payload)) == payload


@given(NEARLY_PROTOBUF)
def test_request_bytes_are_read_as_google_protobuf_reads_them(data: bytes) -> None:
    try:
        google = google_class(REQUEST).FromString(data)
    except (GoogleDecodeError, UnicodeDecodeError):
        with pytest.raises(DecodeError):
            decode_request(data)
        return
    assume(not set_aside(google, 5))
    expected = DebugQuery(google.Query, dict(google.Parameters), google.O.Name, google.ServicePort.Name)
    assert decode_request(data) == expected


@given(NEARLY_PROTOBUF)
def test_answer_bytes_are_read_or_refused_as_google_protobuf_does(data: bytes) -> None:
    expected: object
    try:
        google = google_class(RESPONSE).FromString(data).Object.Object
        expected = Payload(google.type_url, google.value)
    except (GoogleDecodeError, UnicodeDecodeError):
        expected = "refused"
    try:
        read: object = decode_response(data)
    except DecodeError:
        read = "refused"
    assert read == expected


def test_too_many_parameters_are_refused() -> None:
    many = {str(number): "" for number in range(MAX_PARAMETERS + 1)}
    with pytest.raises(ResourceExhausted, match="parameters of a query: at most 1000"):
        decode_request(encode_request(DebugQuery("log", many)))


@pytest.mark.parametrize(
    "data",
    [
        b"\x38\x00" * 20_000,
        b"\x12\x80\x80\x02" + b"\x38\x00" * 16_384,
        b"\x3b" + b"\x38\x00" * 20_000 + b"\x3c",
    ],
    ids=["unknown fields", "unknown fields of the meta", "unknown fields in a group"],
)
def test_a_request_that_is_all_overhead_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="more than 10000 fields"):
        decode_request(data)
