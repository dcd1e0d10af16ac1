"""The one place where our errors become gRPC statuses, and statuses our errors again."""

from __future__ import annotations

from grpclib.const import Status
from grpclib.exceptions import GRPCError

from ..errors import (
    AlreadyExists,
    Compacted,
    CorvoError,
    DeadlineExceeded,
    DecodeError,
    InvalidArgument,
    NotFound,
    OtherAgent,
    PermissionRefused,
    PreconditionFailed,
    RemoteError,
    ResourceExhausted,
    Unavailable,
    Unsupported,
    VersionConflict,
    shorten,
)

# The first class that an error is an instance of decides: a subclass stands above its base.
_TABLE: tuple[tuple[type[CorvoError], Status], ...] = (
    (InvalidArgument, Status.INVALID_ARGUMENT),
    (NotFound, Status.NOT_FOUND),
    (AlreadyExists, Status.ALREADY_EXISTS),
    (VersionConflict, Status.FAILED_PRECONDITION),
    (PreconditionFailed, Status.FAILED_PRECONDITION),
    (PermissionRefused, Status.PERMISSION_DENIED),
    (ResourceExhausted, Status.RESOURCE_EXHAUSTED),
    (DeadlineExceeded, Status.DEADLINE_EXCEEDED),
    (Unavailable, Status.UNAVAILABLE),
    (Compacted, Status.OUT_OF_RANGE),
    (DecodeError, Status.DATA_LOSS),
    (Unsupported, Status.UNIMPLEMENTED),
)
#: The trailer in which an agent that was asked for another Module names its own.
OWN_MODULE = "corvo-own-module"
# A status message travels in a header, percent-encoded: longer ones run into the peer's bound on headers.
_MESSAGE_LENGTH = 1000


class ModuleRefused(GRPCError):
    """A status with the trailer ``OWN_MODULE``, which says ``own``."""

    def __init__(self, status: Status, message: str | None, own: str) -> None:
        super().__init__(status, message)
        self.own = own


def status_of(error: CorvoError) -> Status:
    """The gRPC status of ``error``; a peer's own error keeps the code that the peer gave."""
    if isinstance(error, RemoteError):
        return Status.__members__.get(error.code, Status.UNKNOWN)
    return next((status for kind, status in _TABLE if isinstance(error, kind)), Status.UNKNOWN)


def grpc_error(error: BaseException) -> GRPCError:
    """What a caller hears of ``error``: status and text of a CorvoError, INTERNAL with its type for any other."""
    if isinstance(error, CorvoError):
        return GRPCError(status_of(error), status_message(str(error)))
    return GRPCError(Status.INTERNAL, status_message(f"{type(error).__name__}: {error}"))


def status_message(text: str) -> str:
    """``text`` as a header can carry it.

    Short enough, without lone surrogates (UTF-8 cannot hold them) and without space at its ends (RFC 9113, 8.2.1:
    a strict peer ends the whole connection for it).
    """
    return shorten(text, _MESSAGE_LENGTH).encode("utf-8", "replace").decode().strip()


def corvo_error(error: GRPCError, peer: str, seconds: float | None = None) -> CorvoError:
    """What a caller of ours gets for the status that ``peer`` (its address) answered within ``seconds``.

    Unavailable and DeadlineExceeded are the same here and there; all else is a RemoteError with code and text.
    """
    message = error.message or ""
    if isinstance(error, ModuleRefused):
        return OtherAgent(peer, message, error.own)
    if error.status is Status.UNAVAILABLE:
        return Unavailable(peer, message or "it says so itself")
    if error.status is Status.DEADLINE_EXCEEDED and seconds is not None:
        return DeadlineExceeded(peer, seconds)
    return RemoteError(peer, error.status.name, message)
