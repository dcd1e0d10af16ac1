"""Failures as gRPC tells them: a status, and in its details the api.Status that Go clients read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grpclib.const import Status
from grpclib.encoding.base import StatusDetailsCodecBase
from grpclib.exceptions import GRPCError

from ...diagnostics.status import status_message
from ...errors import CorvoError, RemoteError
from ..objects.errors import Action, Failure, failure
from .proto_fields import put_integer, put_message, put_text, put_texts

_URL = "type.googleapis.com/api.Status"


class DetailsCodec(StatusDetailsCodecBase):
    """Writes ``google.rpc.Status`` around one Failure. Nothing is read: it is a server's."""

    def encode(self, status: Status, message: str | None, details: Sequence[Failure]) -> bytes:
        """The bytes of the ``grpc-status-details-bin`` trailer."""
        anys = b"".join(put_message(3, put_text(1, _URL) + put_message(2, _api_status(found))) for found in details)
        return put_integer(1, status.value) + put_text(2, message or "") + anys

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
    return GRPCError(found.grpc, status_message(found.messages[0].partition(" desc = ")[2] or found.messages[0]))


def of_failure(found: Failure) -> GRPCError:
    """The error whose details tell ``found``, and whose text is its title."""
    return GRPCError(found.grpc, found.title, [found])


def _api_status(found: Failure) -> bytes:
    ref = put_text(3, "Module") + put_text(4, found.ref) if found.ref else b""
    return b"".join(
        (
            put_message(1, put_text(1, "Status")),
            put_message(2, put_text(1, found.title)),
            put_texts(3, found.messages),
            put_integer(4, found.grpc.value),
            put_message(5, ref),
        )
    )
