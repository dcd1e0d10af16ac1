"""Every error of ours has an answer on each edge, and the texts are those of Go."""

from __future__ import annotations

import pytest
from grpclib.const import Status

from corvo_agent import errors
from corvo_agent.gateway.objects.errors import HTTP_OF_GRPC, Action, failure, go_code, rpc_text

CASES = [
    (errors.NotFound("module", "m1"), Action.READ, 404, Status.NOT_FOUND),
    (errors.NotFound("module", "m1"), Action.DEBUG, 409, Status.FAILED_PRECONDITION),
    (errors.InvalidArgument("a", 1, "b"), Action.READ, 400, Status.INVALID_ARGUMENT),
    (errors.ConfigError("a", 1, "b"), Action.READ, 400, Status.INVALID_ARGUMENT),
    (errors.DecodeError("a", "b"), Action.WRITE, 400, Status.INVALID_ARGUMENT),
    (errors.PermissionRefused("a", "b"), Action.WRITE, 403, Status.PERMISSION_DENIED),
    (errors.PermissionRefused("a", "b"), Action.DEBUG, 409, Status.FAILED_PRECONDITION),
    (errors.AlreadyExists("module", "m1"), Action.WRITE, 409, Status.ALREADY_EXISTS),
    (errors.VersionConflict("m1", 1), Action.WRITE, 412, Status.FAILED_PRECONDITION),
    (errors.ResourceExhausted("a", 1), Action.WRITE, 412, Status.RESOURCE_EXHAUSTED),
    (errors.Unavailable("a", "b"), Action.READ, 503, Status.UNAVAILABLE),
    (errors.Unavailable("a", "b"), Action.WRITE, 412, Status.FAILED_PRECONDITION),
    (errors.Unavailable("a", "b"), Action.DEBUG, 503, Status.UNAVAILABLE),
    (errors.DeadlineExceeded("a", 1), Action.WRITE, 412, Status.FAILED_PRECONDITION),
    (errors.DeadlineExceeded("a", 1), Action.DEBUG, 504, Status.DEADLINE_EXCEEDED),
    (errors.RemoteError("a", "UNKNOWN", "b"), Action.DEBUG, 409, Status.FAILED_PRECONDITION),
    (errors.RemoteError("a", "UNKNOWN", "b"), Action.READ, 500, Status.UNKNOWN),
    (errors.Unsupported("a", "b"), Action.DEBUG, 500, Status.INTERNAL),
    (errors.PreconditionFailed("a"), Action.DEBUG, 409, Status.FAILED_PRECONDITION),
    (errors.CorvoError("a"), Action.READ, 500, Status.UNKNOWN),
]


@pytest.mark.parametrize(("error", "action", "http", "grpc"), CASES)
def test_each_error_of_each_action(error: errors.CorvoError, action: Action, http: int, grpc: Status) -> None:
    found = failure(error, action, "m1")
    assert (found.http, found.grpc) == (http, grpc)
    assert found.body()["code"] == http
    assert found.messages


def test_etcd_that_is_late_reads_as_in_the_original() -> None:
    found = failure(errors.DeadlineExceeded("etcd", 3), Action.WRITE)
    assert found.messages == ("Commit to backend failed: context deadline exceeded",)


@pytest.mark.parametrize(
    ("code", "text"),
    [("NOT_FOUND", "NotFound"), ("CANCELLED", "Canceled"), ("OK", "OK"), ("DATA_LOSS", "DataLoss")],
)
def test_codes_are_spelt_as_go_spells_them(code: str, text: str) -> None:
    assert go_code(code) == text
    assert rpc_text(code, "why") == f"rpc error: code = {text} desc = why"


def test_row_grpc_to_http() -> None:
    """gRPC -> HTTP map: every code has its status."""
    expected = {
        "OK": 200, "CANCELLED": 408, "DEADLINE_EXCEEDED": 408, "UNKNOWN": 500, "INTERNAL": 500, "DATA_LOSS": 500,
        "INVALID_ARGUMENT": 400, "OUT_OF_RANGE": 400, "NOT_FOUND": 404, "ALREADY_EXISTS": 409, "ABORTED": 409,
        "PERMISSION_DENIED": 403, "UNAUTHENTICATED": 401, "RESOURCE_EXHAUSTED": 413, "FAILED_PRECONDITION": 412,
        "UNIMPLEMENTED": 501, "UNAVAILABLE": 503,
    }  # fmt: skip
    assert {status.name: code for status, code in HTTP_OF_GRPC.items()} == expected
