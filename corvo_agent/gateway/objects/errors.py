"""The one table that turns our errors into the answers of REST and of DiagnosticsV1.

Both faces tell the same story: a status code, a short title, a list of messages and what object it is about. What
an error means depends on what was being done, so rows are looked up by action and error class.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from grpclib.const import Status

from ... import errors


class Action(enum.Enum):
    """What the caller was doing: the same error has other texts and codes for each, as in the Go original."""

    READ = "read"
    WRITE = "write"
    DEBUG = "debug"


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call. ``title`` "" stands for an error that has no api.Status of its own: its body is bare."""

    http: int
    grpc: Status
    title: str
    messages: tuple[str, ...]
    ref: str | None = None

    def body(self) -> dict[str, Any]:
        """The JSON of REST; keys in the order of the original."""
        if not self.title:
            return {"kind": "", "result": {}, "message": list(self.messages), "code": self.http}
        return {
            "kind": "Status",
            "result": {"Str": self.title},
            "message": list(self.messages),
            "code": self.http,
            "object-ref": {"kind": "Module", "name": self.ref} if self.ref else {},
        }


#: The answer to a caller without a token, or with an unknown one.
UNAUTHENTICATED = Failure(401, Status.UNAUTHENTICATED, "Authentication failed", ("Not authenticated",))
#: The answer to a caller whose role does not allow the call.
UNAUTHORIZED = Failure(403, Status.PERMISSION_DENIED, "Authorization failed", ("not authorized",))
#: The answer to a caller who asked for a name that is not known to be this gateway's.
MISDIRECTED = Failure(
    421,
    Status.PERMISSION_DENIED,
    "Misdirected Request",
    ("this name is not known to be the gateway's: ask by address, or start it with --hostname or --token-file",),
)


def failure(error: errors.CorvoError, action: Action, name: str = "") -> Failure:
    """The answer, for REST and gRPC alike, when ``error`` ended ``action`` on the Module called ``name``."""
    # A subclass has its own row or that of the nearest base.
    for kind in type(error).__mro__:
        builder = _TABLE.get((action, kind)) or _ALWAYS.get(kind)
        if builder is not None:
            return builder(error, name)
    return _internal(error, name)


def not_here(what: str, id: str, gateway: str) -> Failure:
    """The answer to a caller who asks ``gateway`` for what only the gateway that made it has."""
    told = "only the gateway that was asked for it has it, for a day at most"
    text = f"this gateway, {gateway}, has no {what} {errors.shorten(id)}: {told}"
    return Failure(404, Status.NOT_FOUND, "Not Found", (text,))


def unreadable(status: int, told: str) -> Failure:
    """The answer to bytes that are no request; ``told`` says what is wrong with them, where that can be said."""
    phrase = HTTPStatus(status).phrase
    return Failure(status, Status.INVALID_ARGUMENT, phrase, (told or phrase,))


def rpc_text(code: str, message: str) -> str:
    """The text that Go's grpc gives an error: ``rpc error: code = NotFound desc = Not Found``."""
    return f"rpc error: code = {go_code(code)} desc = {message}"


def go_code(code: str) -> str:
    """``NOT_FOUND`` as Go spells it: ``NotFound``."""
    return _GO_CODES.get(code) or "".join(part.capitalize() for part in code.split("_"))


_GO_CODES = {"OK": "OK", "CANCELLED": "Canceled"}

#: HTTP status of each gRPC code, as the original's gateway maps them.
HTTP_OF_GRPC = {
    Status.OK: 200,
    Status.CANCELLED: 408,
    Status.UNKNOWN: 500,
    Status.INVALID_ARGUMENT: 400,
    Status.DEADLINE_EXCEEDED: 408,
    Status.NOT_FOUND: 404,
    Status.ALREADY_EXISTS: 409,
    Status.PERMISSION_DENIED: 403,
    Status.UNAUTHENTICATED: 401,
    Status.RESOURCE_EXHAUSTED: 413,
    Status.FAILED_PRECONDITION: 412,
    Status.ABORTED: 409,
    Status.OUT_OF_RANGE: 400,
    Status.UNIMPLEMENTED: 501,
    Status.INTERNAL: 500,
    Status.UNAVAILABLE: 503,
    Status.DATA_LOSS: 500,
}


def _bare(status: Status, text: str) -> Failure:
    return Failure(HTTP_OF_GRPC[status], status, "", (rpc_text(status.name, text),))


def _not_found(error: Any, name: str) -> Failure:
    return Failure(404, Status.NOT_FOUND, "Not Found", ("Object get failed: object not found",), name)


def _invalid(error: Any, name: str) -> Failure:
    lines = error.lines if isinstance(error, errors.ValidationFailed) else (_reason(error),)
    return Failure(400, Status.INVALID_ARGUMENT, "Request validation failed", lines, name)


def _reason(error: errors.InvalidArgument) -> str:
    # A reason that quotes the value itself, as the original's do, needs nothing around it.
    return error.reason if error.reason.endswith("]") else str(error)


def _bad_body(error: errors.DecodeError, name: str) -> Failure:
    return _bare(Status.INVALID_ARGUMENT, error.reason)


def _refused(error: errors.PermissionRefused, name: str) -> Failure:
    return Failure(403, Status.PERMISSION_DENIED, "Authorization failed", (error.reason,))


def _not_authorized(error: errors.NotAuthorized, name: str) -> Failure:
    return UNAUTHORIZED


def _exists(error: errors.AlreadyExists, name: str) -> Failure:
    return Failure(409, Status.ALREADY_EXISTS, "Object store error", ("already exists in cache",), name)


def _conflict(error: Any, name: str) -> Failure:
    return Failure(412, Status.FAILED_PRECONDITION, "Cannot execute operation", ("commit failed",))


def _commit_failed(error: errors.Unavailable | errors.DeadlineExceeded, name: str) -> Failure:
    text = "context deadline exceeded" if isinstance(error, errors.DeadlineExceeded) else str(error)
    message = f"Commit to backend failed: {text}"
    return Failure(412, Status.FAILED_PRECONDITION, "Cannot execute operation", (message,))


def _away(error: errors.CorvoError, name: str) -> Failure:
    return _bare(Status.UNAVAILABLE, str(error))


def _too_large(error: Any, name: str) -> Failure:
    message = rpc_text("RESOURCE_EXHAUSTED", str(error))
    return Failure(412, Status.RESOURCE_EXHAUSTED, "Cannot execute operation", (message,))


def _busy(error: errors.Busy, name: str) -> Failure:
    return Failure(429, Status.RESOURCE_EXHAUSTED, "Too Many Requests", (str(error),))


def _precondition(text: str) -> Failure:
    return Failure(409, Status.FAILED_PRECONDITION, "Pre condition failed", (text,))


def _debug_missing(error: Any, name: str) -> Failure:
    return _precondition(rpc_text("NOT_FOUND", "Not Found"))


def _debug_remote(error: errors.RemoteError, name: str) -> Failure:
    return _precondition(rpc_text(error.code, error.message))


def _debug_proxy(error: errors.ProxyRefused, name: str) -> Failure:
    # As in the original, what the proxy of a smart NIC says keeps its own code.
    grpc = Status[error.code]
    return Failure(error.status, grpc, _phrase(error.status), (f"module [{name}]: {error.message}",), name)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"


def _debug_text(error: errors.CorvoError, name: str) -> Failure:
    return _precondition(str(error))


def _debug_gone(error: errors.Unavailable, name: str) -> Failure:
    return Failure(503, Status.UNAVAILABLE, "Service Unavailable", (f"module [{name}]: {error}",), name)


def _debug_late(error: errors.DeadlineExceeded, name: str) -> Failure:
    return Failure(504, Status.DEADLINE_EXCEEDED, "Gateway Timeout", (f"module [{name}]: {error}",), name)


def _internal(error: errors.CorvoError, name: str) -> Failure:
    return _bare(Status.UNKNOWN, str(error))


def _unsupported(error: errors.Unsupported, name: str) -> Failure:
    return Failure(500, Status.INTERNAL, "", (error.reason,))


Builder = Callable[[Any, str], Failure]
_ALWAYS: dict[type, Builder] = {
    errors.InvalidArgument: _invalid,
    errors.DecodeError: _bad_body,
    errors.NotAuthorized: _not_authorized,
    errors.PermissionRefused: _refused,
    errors.AlreadyExists: _exists,
    errors.VersionConflict: _conflict,
    errors.ResourceExhausted: _too_large,
    errors.Busy: _busy,
    errors.NotFound: _not_found,
    errors.Unavailable: _away,
    # To a reader, a store that is too slow to answer is away.
    errors.DeadlineExceeded: _away,
    errors.Unsupported: _unsupported,
    errors.PreconditionFailed: _debug_text,
    errors.CorvoError: _internal,
}
_TABLE: dict[tuple[Action, type], Builder] = {
    (Action.WRITE, errors.Unavailable): _commit_failed,
    (Action.WRITE, errors.DeadlineExceeded): _commit_failed,
    (Action.DEBUG, errors.NotFound): _debug_missing,
    (Action.DEBUG, errors.PermissionRefused): _debug_text,
    (Action.DEBUG, errors.RemoteError): _debug_remote,
    (Action.DEBUG, errors.ProxyRefused): _debug_proxy,
    (Action.DEBUG, errors.Unavailable): _debug_gone,
    (Action.DEBUG, errors.DeadlineExceeded): _debug_late,
}
