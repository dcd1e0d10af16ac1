"""What a gateway's refusals mean: the reverse of the gateway's own table of errors, in this one place.

The contract puts most of it into texts (``rpc error: code = NotFound desc = Not Found``), so texts are read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import orjson

from ..errors import (
    AlreadyExists,
    CorvoError,
    DeadlineExceeded,
    NotFound,
    PermissionRefused,
    PreconditionFailed,
    ProxyRefused,
    RemoteError,
    Unavailable,
    VersionConflict,
    shorten,
)

# What the gateway, as the Go original, says in texts: one HTTP status stands for several of them.
_RPC = re.compile(r"rpc error: code = (\w+) desc = (.*)", re.DOTALL)
_MODULE = re.compile(r"module \[([^\]]*)\]: (.*)", re.DOTALL)
# The role that is missing, in the header that says so, and how it is told; and how another token is given.
_ROLE = re.compile(r'error="insufficient_scope".*scope="(\w+)"')
_TAKES, _TOKEN = ": it takes the role ", "--gateway-token-file FILE"
# How the text of our DeadlineExceeded ends.
_LATE = re.compile(r": no answer within ([0-9.e+-]+) s$")
_UNLOCATED = "unable to locate service instance for module ["
_LOST_COMMIT = "Commit to backend failed: "
_AWAY = (408, 502, 503, 504)
_CODES = {400: "INVALID_ARGUMENT", 412: "FAILED_PRECONDITION", 413: "RESOURCE_EXHAUSTED", 500: "UNKNOWN"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer other than 200: the HTTP status, and what its body says."""

    status: int
    title: str
    text: str

    @classmethod
    def read(cls, status: int, body: bytes, challenge: str = "") -> Refusal | None:
        """The refusal in ``body``; None if the body is not a gateway error.

        ``challenge`` is the header WWW-Authenticate, which may tell the role that is missing (RFC 6750).
        """
        try:
            refusal = cls.of(status, orjson.loads(body))
        except orjson.JSONDecodeError:
            return None
        role = _ROLE.search(challenge)
        if refusal is None or role is None:
            return refusal
        return replace(refusal, text=f"{refusal.text}{_TAKES}{role[1]}")

    @classmethod
    def of(cls, status: int, body: Any) -> Refusal | None:
        """The refusal in a JSON value that has been parsed; None if it is not a gateway error."""
        if not isinstance(body, dict) or not isinstance(body.get("message"), list):
            return None
        result = body.get("result")
        title = str(result.get("Str", "")) if isinstance(result, dict) else ""
        return cls(status, title, "; ".join(map(str, body["message"])))


def error_of(refusal: Refusal | None, url: str, status: int, name: str = "") -> CorvoError:
    """The error that an answer with ``status`` tells, asked at ``url`` about the Module ``name``."""
    if refusal is None or refusal.text.startswith("request error: "):
        return _no_gateway(url, status)
    if status not in _AWAY and (found := _MODULE.fullmatch(refusal.text)):
        return ProxyRefused(f"the agent of {found[1]}", status, shorten(found[2], 1000))
    if status == 401:
        return PermissionRefused(url, f"{refusal.text}: it wants a token that it knows: {_TOKEN}")
    if status == 403:
        # Else it is no matter of the token's: the place that asks, say.
        of_role = _TAKES in refusal.text
        return PermissionRefused(url, f"{refusal.text}, of another token ({_TOKEN})" if of_role else refusal.text)
    if status == 404:
        return NotFound("module", name)
    if status == 409:
        return _precondition(refusal, name)
    if status == 412:
        return _not_stored(refusal, url, name)
    if status in _AWAY:
        return _unavailable(refusal, url)
    return _remote(refusal.text, url, _CODES.get(status, f"HTTP {status}"))


def _no_gateway(url: str, status: int) -> CorvoError:
    if status in (502, 503, 504):
        return Unavailable(url, f"HTTP {status} from something before the gateway")
    if status in (401, 403, 407):
        return PermissionRefused(url, f"HTTP {status}")
    return RemoteError(url, f"HTTP {status}", "no Corvo gateway answers there")


def _precondition(refusal: Refusal, name: str) -> CorvoError:
    if refusal.title == "Object store error":
        return AlreadyExists("module", name)
    if refusal.text.startswith(_UNLOCATED):
        return NotFound("agent of module", name, "it has announced no address: is it running?")
    found = _RPC.fullmatch(refusal.text)
    if found is None:
        return PreconditionFailed(refusal.text)
    if found.groups() == ("NotFound", "Not Found"):
        return NotFound("module", name)
    return _remote(refusal.text, name, "UNKNOWN")


def _not_stored(refusal: Refusal, url: str, name: str) -> CorvoError:
    if refusal.text == "commit failed":
        return VersionConflict(f"module {name}", 0)
    if refusal.text.startswith(_LOST_COMMIT):
        return Unavailable("the store behind the gateway", refusal.text.removeprefix(_LOST_COMMIT))
    return _remote(refusal.text, url, _CODES[412])


def _unavailable(refusal: Refusal, url: str) -> CorvoError:
    if found := _MODULE.fullmatch(refusal.text):
        if late := _LATE.search(found[2]):
            return DeadlineExceeded(f"the agent of {found[1]}", float(late[1]))
        return Unavailable(f"the agent of {found[1]}", found[2])
    found = _RPC.fullmatch(refusal.text)
    return Unavailable(url, found[2] if found else refusal.text)


def _remote(text: str, peer: str, code: str) -> RemoteError:
    if found := _RPC.fullmatch(text):
        # ``NotFound`` of Go is NOT_FOUND.
        code, text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", found[1]).upper(), found[2]
    return RemoteError(peer, code, shorten(text, 1000))
