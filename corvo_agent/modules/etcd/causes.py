"""What it means when a request to etcd gets no answer: aiohttp's errors become failures that name the cause.

What the servers do was seen on etcd 3.4.23, 3.5.1, 3.5.16 and 3.5.30; the names of alerts are OpenSSL's.
"""

from __future__ import annotations

import ssl

import aiohttp

from ...errors import CorvoError, DeadlineExceeded, DecodeError, RemoteError, Unavailable, system_reason
from .errors import FailedAttempt, Kind
from .failover import Budget

#: What an attempt may raise, besides being cancelled.
ERRORS = (aiohttp.ClientError, OSError, CorvoError)
# With TLS 1.3 they arrive after the handshake, when the client takes itself for connected.
_REFUSED_CERTIFICATE = (
    *("BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE", "CERTIFICATE_REVOKED", "CERTIFICATE_EXPIRED"),
    *("CERTIFICATE_UNKNOWN", "UNKNOWN_CA", "ACCESS_DENIED"),
)


def failure_of(endpoint: str, error: Exception, budget: Budget, *, certificate: bool, answered: bool) -> FailedAttempt:
    """The failure behind ``error``, one of ``ERRORS``.

    ``certificate``: we have one to show. ``answered``: the endpoint has answered before, so that it is no wrong one.
    """
    if refusal := _certificate_refusal(error, shown=certificate):
        # The handshake failed on the other side: no request was read.
        return FailedAttempt(Kind.UNREACHABLE, Unavailable(endpoint, refusal))
    reason = ("" if answered else _wrong_protocol(endpoint, error)) or reason_of(error)
    match error:
        case aiohttp.ConnectionTimeoutError():
            return FailedAttempt(Kind.UNREACHABLE, DeadlineExceeded(endpoint, round(budget.connect, 1)))
        case aiohttp.ClientConnectorError():
            return FailedAttempt(Kind.UNREACHABLE, Unavailable(endpoint, reason))
        case TimeoutError():
            return FailedAttempt(Kind.UNKNOWN, DeadlineExceeded(endpoint, round(budget.total, 1)))
        case DecodeError():
            return FailedAttempt(Kind.FINAL, RemoteError(endpoint, "DATA_LOSS", str(error)))
        case Unavailable() | DeadlineExceeded():
            return FailedAttempt(Kind.UNKNOWN, error)
        case CorvoError():
            return FailedAttempt(Kind.FINAL, error)
        case _:
            cut = isinstance(error, aiohttp.ServerDisconnectedError)
            return FailedAttempt(Kind.UNKNOWN, Unavailable(endpoint, reason), cut)


def reason_of(error: Exception) -> str:
    """The cause without aiohttp's words around it."""
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return str(cause)
    return system_reason(cause)


def _wrong_protocol(endpoint: str, error: Exception) -> str:
    """What speaks against this endpoint being what its URL says; "" for nothing."""
    https = endpoint.startswith("https:")
    if isinstance(error, aiohttp.ClientResponseError):
        # The first bytes of HTTP/2, where HTTP/1.1 is expected.
        return "it does not speak HTTP/1.1; with --listen-client-http-urls etcd does so at those addresses only"
    if isinstance(error, aiohttp.ServerDisconnectedError) and not https:
        return "it closed the connection without an answer, as one that expects https does"
    if isinstance(error, aiohttp.ClientConnectorError) and https and isinstance(error.os_error, ConnectionResetError):
        return "it broke off the TLS handshake, as one that expects http does"
    return ""


def _certificate_refusal(error: Exception, *, shown: bool) -> str:
    """What the server's TLS says about our certificate; "" when it says nothing about it."""
    for cause in (getattr(error, "os_error", None), error.__cause__, error):
        alert = getattr(cause, "reason", None) if isinstance(cause, ssl.SSLError) else None
        if not isinstance(alert, str):
            continue
        if alert.endswith("ALERT_CERTIFICATE_REQUIRED"):
            return "the server wants a client certificate"
        name = alert.partition("ALERT_")[2]
        if name in _REFUSED_CERTIFICATE:
            refused = f"the server refuses our client certificate ({name.lower().replace('_', ' ')})"
            return refused if shown else "the server wants a client certificate"
    return ""
