"""Each error of ours has one gRPC status, and a status that a peer sends becomes the right error again."""

from __future__ import annotations

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from corvo_agent import errors
from corvo_agent.diagnostics.status import corvo_error, grpc_error, status_of

EXPECTED = [
    (errors.InvalidArgument("lines", "x", "not a number"), Status.INVALID_ARGUMENT),
    (errors.InvalidQuery("unknown query: x"), Status.INVALID_ARGUMENT),
    (errors.ConfigError("listen", "x", "no"), Status.INVALID_ARGUMENT),
    (errors.NotFound("log file", "x"), Status.NOT_FOUND),
    (errors.AlreadyExists("module", "x"), Status.ALREADY_EXISTS),
    (errors.VersionConflict("x", 1), Status.FAILED_PRECONDITION),
    (errors.PreconditionFailed("x"), Status.FAILED_PRECONDITION),
    (errors.WrongModule("m2", "m1"), Status.FAILED_PRECONDITION),
    (errors.PermissionRefused("x", "y"), Status.PERMISSION_DENIED),
    (errors.NotAuthorized("x", "reader", "y"), Status.PERMISSION_DENIED),
    (errors.ResourceExhausted("x", 1), Status.RESOURCE_EXHAUSTED),
    (errors.Busy("x", 1, 2.0), Status.RESOURCE_EXHAUSTED),
    (errors.Unavailable("x", "y"), Status.UNAVAILABLE),
    (errors.DeadlineExceeded("x", 1), Status.DEADLINE_EXCEEDED),
    (errors.Compacted(1, 2), Status.OUT_OF_RANGE),
    (errors.DecodeError("x", "y"), Status.DATA_LOSS),
    (errors.Unsupported("x", "y"), Status.UNIMPLEMENTED),
    (errors.RemoteError("x", "ABORTED", "y"), Status.ABORTED),
    (errors.RemoteError("x", "NO_SUCH_CODE", "y"), Status.UNKNOWN),
    (errors.ProxyRefused("x", 403, "y"), Status.PERMISSION_DENIED),
    (errors.ProxyRefused("x", 418, "y"), Status.UNKNOWN),
    (errors.OtherAgent("x", "y", "z"), Status.FAILED_PRECONDITION),
    (errors.CorvoError("x"), Status.UNKNOWN),
]


@pytest.mark.parametrize(("error", "status"), EXPECTED, ids=lambda value: getattr(value, "name", type(value).__name__))
def test_status_and_text(error: errors.CorvoError, status: Status) -> None:
    assert status_of(error) is status
    sent = grpc_error(error)
    assert (sent.status, sent.message) == (status, str(error))


def test_every_error_has_a_row() -> None:
    def below(kind: type[errors.CorvoError]) -> set[type[errors.CorvoError]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    public = {kind for kind in below(errors.CorvoError) if kind.__module__ == errors.__name__}
    assert public == {type(error) for error, _ in EXPECTED} | {errors.ValidationFailed}


def test_an_unexpected_error_is_internal_with_its_type() -> None:
    sent = grpc_error(ZeroDivisionError("division by zero"))
    assert (sent.status, sent.message) == (Status.INTERNAL, "ZeroDivisionError: division by zero")


def test_a_message_fits_a_header() -> None:
    message = grpc_error(ValueError("x" * 100_000 + "\ud800")).message
    assert message is not None
    assert len(message) <= 1000
    assert message.encode()


def test_a_message_has_no_space_at_its_ends() -> None:
    assert grpc_error(errors.InvalidQuery("unknown query: ")).message == "unknown query:"


def test_statuses_of_a_peer() -> None:
    unavailable = corvo_error(GRPCError(Status.UNAVAILABLE, "stopping"), "a:1")
    assert (type(unavailable), str(unavailable)) == (errors.Unavailable, "a:1 is unavailable: stopping")
    late = corvo_error(GRPCError(Status.DEADLINE_EXCEEDED), "a:1", 2.0)
    assert (type(late), str(late)) == (errors.DeadlineExceeded, "a:1: no answer within 2 s")
    refused = corvo_error(GRPCError(Status.INVALID_ARGUMENT, "unknown query: x"), "a:1", 2.0)
    assert isinstance(refused, errors.RemoteError)
    assert (refused.code, refused.message, refused.exit_code) == ("INVALID_ARGUMENT", "unknown query: x", 2)
    assert str(corvo_error(GRPCError(Status.UNAVAILABLE), "a:1")) == "a:1 is unavailable: it says so itself"
