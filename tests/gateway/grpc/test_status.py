"""A failure over gRPC: its code and text, and details that google's own classes read."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import any_pb2, empty_pb2
from grpclib.const import Status

from corvo_agent.errors import (
    CorvoError,
    InvalidArgument,
    NotFound,
    RemoteError,
    Unavailable,
    Unsupported,
    ValidationFailed,
    VersionConflict,
)
from corvo_agent.gateway.grpc.status import DetailsCodec, grpc_failure
from corvo_agent.gateway.objects.errors import Action, failure
from tests.descriptors import google_class, unknown


def told(error: CorvoError, action: Action) -> tuple[dict[int, Any], Any]:
    """The fields of google.rpc.Status that are sent (1 code, 2 message, 3 details), and the api.Status within."""
    found = grpc_failure(error, action, "a1")
    data = DetailsCodec().encode(found.status, found.message, found.details)
    fields = {each.field_number: each.data for each in unknown(empty_pb2.Empty.FromString(data))}
    packed = any_pb2.Any.FromString(fields[3])
    assert packed.type_url == "type.googleapis.com/api.Status"
    return fields, google_class("api.Status").FromString(packed.value)


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (NotFound("module", "a1"), Action.READ),
        (VersionConflict("a1", 3), Action.WRITE),
        (InvalidArgument("name", "é", "not a name"), Action.WRITE),
        (Unavailable("etcd", "refused"), Action.WRITE),
    ],
)
def test_the_details_tell_what_rest_tells(error: CorvoError, action: Action) -> None:
    fields, status = told(error, action)
    expected = failure(error, action, "a1")
    assert fields[1] == expected.grpc.value
    assert fields[2].decode() == expected.title
    assert (status.Result.Str, list(status.Message), status.Code) == (
        expected.title,
        list(expected.messages),
        expected.grpc.value,
    )
    assert status.Ref.Name == (expected.ref or "")


def test_an_agents_own_refusal_keeps_its_code_and_words() -> None:
    found = grpc_failure(RemoteError("agent", "OUT_OF_RANGE", "no such day"), Action.DEBUG, "a1")
    assert (found.status, found.message) == (Status.OUT_OF_RANGE, "no such day")
    odd = grpc_failure(RemoteError("agent", "NO_SUCH_CODE", "x"), Action.DEBUG, "a1")
    assert odd.status is Status.UNKNOWN


def test_what_is_not_supported_has_the_code_of_that() -> None:
    found = grpc_failure(Unsupported("a compressed message", "send it without compression"), Action.READ)
    assert (found.status, "without compression" in str(found.message)) == (Status.UNIMPLEMENTED, True)


def test_a_text_fits_a_header() -> None:
    found = grpc_failure(RemoteError("agent", "UNKNOWN", "x\n" * 100_000 + "\ud800"), Action.DEBUG, "a1")
    assert found.message is not None
    assert found.message.encode()
    assert len(found.message) < 10_000


def test_details_fit_a_header_however_long_what_they_quote_is() -> None:
    # Compressing a header of a megabyte holds up the whole server for minutes.
    for error in (NotFound("module", "a1"), ValidationFailed("Module", ["é" * 1_000_000, "x" * 1_000_000])):
        found = grpc_failure(error, Action.READ, "a" * 1_000_000)
        assert len(DetailsCodec().encode(found.status, found.message, found.details)) < 10_000


def test_a_server_is_sent_no_status() -> None:
    assert DetailsCodec().decode(Status.OK, None, b"x") is None
