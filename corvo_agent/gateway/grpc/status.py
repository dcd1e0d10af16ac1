"""Failures as gRPC tells them: a status, and in its details the api.Status that Go clients read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from betterproto.lib.google.protobuf import Any as GoogleAny
from grpclib.const import Status
from grpclib.encoding.base import StatusDetailsCodecBase
from grpclib.exceptions import GRPCError

from ..._generated import api
from ..._generated.google.rpc import Status as RpcStatus
from ...diagnostics.status import status_message
from ...errors import CorvoError, RemoteError, Unsupported
from ...protobuf.codec import encode, make
from ..objects.errors import Action, Failure, failure

_URL = "type.googleapis.com/api.Status"


class DetailsCodec(StatusDetailsCodecBase):
    """Writes ``google.rpc.Status`` around one Failure. Nothing is read: it is a server's."""

    def encode(self, status: Status, message: str | None, details: Sequence[Failure]) -> bytes:
        """The bytes of the ``grpc-status-details-bin`` trailer."""
        packed = [GoogleAny(_URL, encode(_api_status(found))) for found in details]
        return encode(RpcStatus(status.value, message or "", packed))

    def decode(self, status: Status, message: str | None, data: bytes) -> Any:
        """Nothing: a server is sent no status."""
        return None


def grpc_failure(error: CorvoError, action: Action, name: str = "") -> GRPCError:
    """What a caller of DiagnosticsV1 hears of ``error``; an agent's own status keeps its code and text."""
    found = failure(error, action, name)
    if isinstance(error, RemoteError) and action is Action.DEBUG:
        return GRPCError(Status.__members__.get(error.code, Status.UNKNOWN), status_message(error.message), [found])
    if found.title:
        return of_failure(found)
    if isinstance(error, Unsupported):
        # As at an agent, and as gRPC has it for a message in a coding that a server does not know.
        return GRPCError(Status.UNIMPLEMENTED, status_message(str(error)))
    return GRPCError(found.grpc, status_message(found.messages[0].partition(" desc = ")[2] or found.messages[0]))


def of_failure(found: Failure) -> GRPCError:
    """The error whose details tell ``found``, and whose text is its title."""
    return GRPCError(found.grpc, found.title, [found])


def _api_status(found: Failure) -> api.Status:
    # Details are a header, as the text is. What quotes a request may be as long as that, and to compress a header takes
    # the square of its length: minutes for a megabyte, in which nothing else is answered.
    ref = make(api.ObjectRef, kind="Module", name=status_message(found.ref)) if found.ref else make(api.ObjectRef)
    return make(
        api.Status,
        t=make(api.TypeMeta, kind="Status"),
        result=make(api.StatusResult, str=found.title),
        message=[status_message(message) for message in found.messages],
        code=found.grpc.value,
        ref=ref,
    )
