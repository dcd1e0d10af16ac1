"""What a failed attempt means: which of our errors it is, and whether asking again can help.

etcd's gateway answers errors as ``{"code": 14, "message": "..."}`` with the numbers of gRPC. A stream ends with
``{"error": {"grpc_code": 14, ...}}``, from 3.5.16 on with ``{"error": {"code": 14, ...}}``, and one that is refused
at once is answered so too, with a status of HTTP that is not 200. A watch is canceled with text only:
``rpc error: code = X desc = Y``, as gRPC for Go prints errors. The few messages that are compared as text share their
number with others and are constants of etcd's API (api/v3rpc/rpctypes/error.go).
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Any

from ...errors import CorvoError, DecodeError, PermissionRefused, RemoteError, ResourceExhausted, Unavailable
from ..json.stream import parse_object

_CODES = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"),
    *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"),
    *("INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)
# Go writes PermissionDenied where the gRPC standard writes PERMISSION_DENIED, and Canceled with one l.
_BY_GO_NAME = {name.replace("_", "").lower(): name for name in _CODES} | {"canceled": "CANCELLED"}
_GO_ERROR = re.compile(r"rpc error: code = (\w+) desc = (.*)", re.DOTALL)
# Refused by this member before anything happened: it has lost the others, only follows them, or has just started.
_NOT_HERE = {"etcdserver: no leader", "etcdserver: rpc not supported for learner", "etcdserver: not capable"}
# Refused before anything happened: what was agreed on waits to be applied.
_BUSY = "etcdserver: too many requests"
# All members refuse writes from then on, until a person makes room and takes the alarm away.
_FULL = "etcdserver: mvcc: database space exceeded"
# No token was sent, or one from before the users were changed, which 3.5.0 to 3.5.1 say by an error of no code.
_TOKEN_MESSAGES = {
    "etcdserver: user name is empty",
    "etcdserver: revision of auth store is old",
    "auth: revision in header is old",
}
# etcd's own bound is an InvalidArgument, the one of its gRPC server a ResourceExhausted.
_TOO_LARGE = re.compile(r"etcdserver: request is too large|grpc: received message larger than max \(\d+ vs\. (\d+)\)")
# Go's web server, for a path that it does not know.
_NO_GATEWAY = b"404 page not found"
_DEFAULT_REQUEST_LIMIT = 1536 * 1024


class Kind(enum.Enum):
    """What can be done about a failure."""

    FINAL = enum.auto()
    """Asking again gives the same."""
    TOKEN = enum.auto()
    """Refused before anything happened, for want of a valid token."""
    UNREACHABLE = enum.auto()
    """Never sent: nothing listens there. Another endpoint may serve it."""
    NOT_NOW = enum.auto()
    """Refused before anything happened by a member without leader, and may work in a moment or elsewhere."""
    BUSY = enum.auto()
    """Refused before anything happened, as there is too much to do, and may work in a moment."""
    UNKNOWN = enum.auto()
    """It may or may not have been carried out."""


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt that failed: what to tell the caller if it was the last, and what can be done about it.

    ``cut``: the connection was closed without an answer.
    """

    kind: Kind
    error: CorvoError
    cut: bool = False


def from_code(peer: str, code: str, message: str, sent: int = 0) -> FailedAttempt:
    """The failure behind gRPC status ``code``, answered to a request of ``sent`` bytes."""
    match code:
        case "UNAVAILABLE" | "FAILED_PRECONDITION" if message in _NOT_HERE:
            return FailedAttempt(Kind.NOT_NOW, Unavailable(peer, message))
        case "RESOURCE_EXHAUSTED" if message == _BUSY:
            return FailedAttempt(Kind.BUSY, Unavailable(peer, message))
        case "RESOURCE_EXHAUSTED" if message == _FULL:
            return FailedAttempt(Kind.FINAL, Unavailable(peer, f"{message} (make room, then: etcdctl alarm disarm)"))
        case "UNAVAILABLE" | "DEADLINE_EXCEEDED" | "CANCELLED":
            return FailedAttempt(Kind.UNKNOWN, Unavailable(peer, message))
        case "UNAUTHENTICATED":
            return FailedAttempt(Kind.TOKEN, PermissionRefused(peer, message))
        case "INVALID_ARGUMENT" | "UNKNOWN" if message in _TOKEN_MESSAGES:
            return FailedAttempt(Kind.TOKEN, PermissionRefused(peer, message))
        case "PERMISSION_DENIED":
            return FailedAttempt(Kind.FINAL, PermissionRefused(peer, message))
    too_large = _TOO_LARGE.match(message)
    if too_large:
        limit = int(too_large.group(1) or _DEFAULT_REQUEST_LIMIT)
        return FailedAttempt(Kind.FINAL, ResourceExhausted("bytes of a request to etcd", limit, sent or None))
    return FailedAttempt(Kind.FINAL, RemoteError(peer, code, message))


def from_answer(peer: str, status: int, body: bytes, sent: int = 0) -> FailedAttempt:
    """The failure behind an HTTP answer that is not 200."""
    try:
        answer = parse_object(body)
        # A stream that is refused before it begins: its error lies one level deeper.
        error = answer["error"] if isinstance(answer.get("error"), dict) else answer
        return from_code(peer, _code_of(error), str(error["message"]), sent)
    except (DecodeError, KeyError, TypeError, IndexError):
        return _not_etcd(peer, status, body)


def from_stream_error(peer: str, error: Any) -> FailedAttempt:
    """The failure that a stream ends with."""
    if not isinstance(error, dict):
        return from_code(peer, "UNKNOWN", str(error))
    try:
        code = _code_of(error)
    except (KeyError, TypeError, IndexError):
        code = "UNKNOWN"
    return from_code(peer, code, str(error.get("message", "")))


def from_cancel_reason(peer: str, reason: str) -> FailedAttempt:
    """The failure behind the text that etcd cancels a watch with; empty when it gives none."""
    found = _GO_ERROR.fullmatch(reason)
    if found is None:
        return FailedAttempt(Kind.UNKNOWN, Unavailable(peer, f"the watch was canceled: {reason or 'no reason given'}"))
    return from_code(peer, _BY_GO_NAME.get(found.group(1).lower(), "UNKNOWN"), found.group(2))


def _code_of(error: dict[str, Any]) -> str:
    """The name of the status. Raises KeyError, TypeError, IndexError when the error has none."""
    code = error["grpc_code"] if "grpc_code" in error else error["code"]
    if not isinstance(code, int) or code < 0:
        raise TypeError("not the number of a status")
    return _CODES[code]


def _not_etcd(peer: str, status: int, body: bytes) -> FailedAttempt:
    # Something between us and etcd, or something else altogether: there is only the status to go by.
    if status == 404 and body.strip() == _NO_GATEWAY:
        reason = "etcd's JSON gateway is not there: it runs with --enable-grpc-gateway=false, or is older than 3.4"
        return FailedAttempt(Kind.UNREACHABLE, Unavailable(peer, reason))
    text = f"HTTP {status} {body[:200].decode(errors='replace').strip()}"
    if status in (401, 403):
        return FailedAttempt(Kind.FINAL, PermissionRefused(peer, text))
    if status >= 500:
        return FailedAttempt(Kind.UNKNOWN, Unavailable(peer, text))
    return FailedAttempt(Kind.FINAL, RemoteError(peer, "UNKNOWN", text))
