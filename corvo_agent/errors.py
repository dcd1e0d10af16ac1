"""Every error that corvo_agent raises on purpose, in one tree.

::

    CorvoError
    ├── InvalidArgument           a parameter, a body or an option is wrong: the caller must change it
    │   ├── InvalidQuery          ... of a Debug query, in the words that Go peers use
    │   ├── ConfigError           ... of a configuration file, an environment variable or an option
    │   └── ValidationFailed      ... of an object, each broken rule told on a line of its own
    ├── NotFound                  the named thing does not exist
    ├── AlreadyExists             the named thing exists already
    ├── VersionConflict           another client changed the object first
    ├── PermissionRefused         credentials are missing, wrong or not enough
    │   └── NotAuthorized         ... those of a known caller, whose role does not allow it
    ├── ResourceExhausted         a bound of ours was reached
    ├── Unavailable               a peer (etcd, an agent) cannot be reached, or the connection to it is lost
    ├── DeadlineExceeded          something did not happen in the time given for it
    ├── Compacted                 the revision asked for is no longer kept by etcd
    ├── DecodeError               bytes that a peer or a file gave us are not what they have to be
    ├── PreconditionFailed        the state of the object forbids what was asked for
    │   └── WrongModule           ... an agent was asked for another Module than its own
    ├── Unsupported               what was asked for cannot be done here, and why
    └── RemoteError               a peer answered with an error of its own
        ├── ProxyRefused          ... the HTTP proxy before it did
        └── OtherAgent            ... the agent of another Module than the one that was asked for

Errors carry fields; their text is made in ``__str__``. Callers read the fields and never parse the text. ``exit_code``
is what the command line ends with. Each edge translates them once: gRPC in ``diagnostics/status.py``, REST in
``gateway/objects/errors.py``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection

__all__ = (
    "AlreadyExists",
    "Busy",
    "Compacted",
    "ConfigError",
    "CorvoError",
    "DeadlineExceeded",
    "DecodeError",
    "InvalidArgument",
    "InvalidQuery",
    "NotAuthorized",
    "NotFound",
    "OtherAgent",
    "PermissionRefused",
    "PreconditionFailed",
    "ProxyRefused",
    "RemoteError",
    "ResourceExhausted",
    "Unavailable",
    "Unsupported",
    "ValidationFailed",
    "VersionConflict",
    "WrongModule",
    "drop_frames",
    "shorten",
    "system_reason",
)


class CorvoError(Exception):
    """The root: every error that corvo_agent raises on purpose is one of these. Its text is for people."""

    exit_code = 1


class InvalidArgument(CorvoError):
    """A value that the caller gave is wrong.

    ``what`` names the parameter, ``value`` is what was given (shortened in the text), ``reason`` says why it is
    refused and ``valid`` lists what would be accepted, where that is a short list.
    """

    exit_code = 2

    def __init__(self, what: str, value: object, reason: str, valid: Collection[str] = ()) -> None:
        super().__init__(what, value, reason, valid)
        self.what = what
        self.value = value
        self.reason = reason
        self.valid = tuple(valid)

    def __str__(self) -> str:
        text = f"{self.what}: {self.reason}"
        if self.value is not None:
            text += f", got {shorten(repr(self.value))}"
        if self.valid:
            text += f"; valid: {', '.join(self.valid)}"
        return text


class InvalidQuery(InvalidArgument):
    """A Debug query that no handler can answer, in the words that Go peers use: ``text`` is the whole message."""

    def __init__(self, text: str) -> None:
        super().__init__("query", None, text)
        self.args = (text,)

    def __str__(self) -> str:
        return self.reason


class ConfigError(InvalidArgument):
    """A configuration key, environment variable or option is unknown or has a wrong value."""


class ValidationFailed(InvalidArgument):
    """``what`` (a kind of object) breaks rules; ``lines`` tells each of them once, in the order of the object."""

    def __init__(self, what: str, lines: Collection[str]) -> None:
        super().__init__(what, None, "; ".join(lines))
        self.args = (what, tuple(lines))
        self.lines = tuple(lines)


class NotFound(CorvoError):
    """What was named does not exist: ``kind`` is a noun such as "module" or "log file", ``name`` says which one."""

    exit_code = 3

    def __init__(self, kind: str, name: str, detail: str = "") -> None:
        super().__init__(kind, name, detail)
        self.kind = kind
        self.name = name
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.kind} {self.name or repr('')} not found" + (f": {self.detail}" if self.detail else "")


class AlreadyExists(CorvoError):
    """What should be created exists already: its ``kind``, such as "module", and its ``name``."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind = kind
        self.name = name

    def __str__(self) -> str:
        return f"{self.kind} {self.name} already exists"


class VersionConflict(CorvoError):
    """A compare-and-swap lost: ``expected`` is the revision the caller had, ``actual`` the current one if known."""

    def __init__(self, name: str, expected: int, actual: int | None = None) -> None:
        super().__init__(name, expected, actual)
        self.name = name
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        now = "" if self.actual is None else f", it is at {self.actual}"
        return f"{self.name} was changed by another client: expected resource version {self.expected}{now}"


class PermissionRefused(CorvoError):
    """Credentials are missing, wrong or not enough for ``what``; ``who`` is whom they show, if any."""

    exit_code = 5

    def __init__(self, what: str, reason: str, who: str = "") -> None:
        super().__init__(what, reason)
        self.what = what
        self.reason = reason
        self.who = who

    def __str__(self) -> str:
        return f"{self.what} refused: {self.reason}"


class NotAuthorized(PermissionRefused):
    """The role of ``caller`` does not allow it; ``role`` is one that would."""

    def __init__(self, caller: str, role: str, reason: str) -> None:
        super().__init__("the call", reason)
        self.args = (caller, role, reason)
        self.caller = caller
        self.role = role


class ResourceExhausted(CorvoError):
    """A bound of ours was reached: ``what`` is bounded by ``limit`` (with its unit in ``what``)."""

    def __init__(self, what: str, limit: int, actual: int | None = None) -> None:
        super().__init__(what, limit, actual)
        self.what = what
        self.limit = limit
        self.actual = actual

    def __str__(self) -> str:
        got = "" if self.actual is None else f", got {self.actual}"
        return f"{self.what}: at most {self.limit}{got}"


class Busy(ResourceExhausted):
    """As many as may be are under way; it may be tried again after ``retry_after`` seconds."""

    def __init__(self, what: str, limit: int, retry_after: float) -> None:
        super().__init__(what, limit)
        self.args = (what, limit, retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{super().__str__()}; try again in {self.retry_after:.0f} s"


class Unavailable(CorvoError):
    """``peer`` (an address or a list of them) cannot be reached, for ``reason``."""

    exit_code = 4

    def __init__(self, peer: str, reason: str) -> None:
        super().__init__(peer, reason)
        self.peer = peer
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.peer} is unavailable: {self.reason}"


class DeadlineExceeded(CorvoError):
    """``peer`` (an address, a query, a program) did not do within ``seconds`` what was waited for.

    It may well be there and only be slow. ``missing`` says what was waited for in vain.
    """

    exit_code = 4

    def __init__(self, peer: str, seconds: float, missing: str = "no answer") -> None:
        super().__init__(peer, seconds, missing)
        self.peer = peer
        self.seconds = seconds
        self.reason = f"{missing} within {seconds:g} s"

    def __str__(self) -> str:
        return f"{self.peer}: {self.reason}"


class Compacted(CorvoError):
    """``revision`` is older than what etcd keeps; ``compact_revision`` is the oldest one left, 0 if not told."""

    def __init__(self, revision: int, compact_revision: int = 0) -> None:
        super().__init__(revision, compact_revision)
        self.revision = revision
        self.compact_revision = compact_revision

    def __str__(self) -> str:
        kept = f", the oldest one kept is {self.compact_revision}" if self.compact_revision else ""
        return f"revision {self.revision} is compacted{kept}"


class DecodeError(CorvoError):
    """``what`` (a key with its revision, a file with its offset, a message type) holds bytes that are not valid."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


class PreconditionFailed(CorvoError):
    """The current state of the object forbids what was asked for; ``reason`` is the whole text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class WrongModule(PreconditionFailed):
    """An agent was asked for the Module ``asked``, but answers for ``own``: the address is another process's."""

    def __init__(self, asked: str, own: str) -> None:
        super().__init__(f"this is the agent of {own}, not of {shorten(asked)}")
        self.args = (asked, own)
        self.asked = asked
        self.own = own


class Unsupported(CorvoError):
    """``what`` cannot be done here; ``reason`` says what is missing and how to get it."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.what} is not possible here: {self.reason}"


class RemoteError(CorvoError):
    """A peer answered with an error: ``code`` is the gRPC status name such as ``UNKNOWN``, ``message`` its text.

    ``exit_code`` is that of the same error raised here.
    """

    _EXIT_CODES = {
        "INVALID_ARGUMENT": 2,
        "NOT_FOUND": 3,
        "UNAVAILABLE": 4,
        "DEADLINE_EXCEEDED": 4,
        "PERMISSION_DENIED": 5,
        "UNAUTHENTICATED": 5,
    }

    def __init__(self, peer: str, code: str, message: str) -> None:
        super().__init__(peer, code, message)
        self.exit_code = self._EXIT_CODES.get(code, 1)
        self.peer = peer
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.peer} answered {self.code}: {self.message}"


class ProxyRefused(RemoteError):
    """The HTTP proxy before a peer answered with ``status`` instead of 200; ``code`` is what that is in gRPC."""

    _CODES = {
        400: "INVALID_ARGUMENT",
        401: "UNAUTHENTICATED",
        403: "PERMISSION_DENIED",
        404: "NOT_FOUND",
        501: "UNIMPLEMENTED",
        502: "UNAVAILABLE",
        503: "UNAVAILABLE",
        504: "DEADLINE_EXCEEDED",
    }

    def __init__(self, peer: str, status: int, message: str) -> None:
        super().__init__(peer, self._CODES.get(status, "UNKNOWN"), message)
        self.args = (peer, status, message)
        self.status = status

    def __str__(self) -> str:
        return f"{self.peer} answered HTTP {self.status}: {self.message}"


class OtherAgent(RemoteError):
    """What answers at ``peer`` is the agent of the Module ``own``, and was asked for another one."""

    def __init__(self, peer: str, message: str, own: str) -> None:
        super().__init__(peer, "FAILED_PRECONDITION", message)
        self.args = (peer, message, own)
        self.own = own


def system_reason(error: Exception) -> str:
    """Why the system did not do what ``error`` is about, in its own words: ``Connection refused``.

    asyncio and aiohttp put the address around them, which our errors name already.
    """
    cause = getattr(error, "os_error", None) or error
    numbers = set(re.findall(r"\[Errno (\d+)\]", str(cause)))
    # Several, where a name has several addresses.
    if isinstance(cause, OSError) and len(numbers) == 1:
        return os.strerror(int(numbers.pop()))
    # What is wrong with the name of a host has a negative number, which is not the system's.
    if isinstance(cause, OSError) and (cause.errno or 0) < 0:
        return str(cause.strerror)
    return str(cause) or type(cause).__name__


def drop_frames(error: BaseException) -> None:
    """Let go of the frames that ``error`` and its causes came through, and of all that these hold.

    asyncio has those of a TLS handshake that failed in a circle: its buffer of 256 KiB would stay until the garbage
    collector comes by, which counts objects and not bytes.
    """
    cause: BaseException | None = error
    while cause is not None:
        cause.__traceback__ = None
        cause = cause.__cause__


def shorten(text: str, limit: int = 80) -> str:
    """Cut ``text`` to ``limit`` characters by leaving out its middle, so that a bad megabyte fits an error line."""
    if len(text) <= limit:
        return text
    head = (limit - 3) * 2 // 3
    return f"{text[:head]}...{text[-(limit - 3 - head) :]}"
