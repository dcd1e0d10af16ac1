"""TLS for gRPC: contexts that speak HTTP/2 and nothing below TLS 1.2, for both ends; renewed files are noticed."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from os import PathLike

from ..errors import ConfigError
from ..tls_files import FileContext, FilePath, no_password, unusable

Path = str | PathLike[str]


def server_ssl(
    cert: FilePath, key: FilePath, client_ca: FilePath | None = None, *, optional: bool = False
) -> FileContext:
    """The server's end: its certificate chain and key, and with ``client_ca`` only clients with a certificate of it.

    With ``optional`` also those without any.

    Reads the files: call it before the event loop runs, or in a thread. Raises ConfigError for files that are missing
    or wrong. When they change, connections that are made after that use what they hold then.
    """

    def make() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _prepare(context, ("h2",))
        _load_chain(context, cert, key)
        if client_ca is not None:
            ask_for_certificates(context, client_ca, optional=optional)
        return context

    return FileContext(make, (cert, key, client_ca))


def ask_for_certificates(context: ssl.SSLContext, client_ca: FilePath, *, optional: bool = False) -> None:
    """Let clients show certificates of ``client_ca``, or else none where that is ``optional``. Raises ConfigError."""
    _load_ca(context, client_ca)
    context.verify_mode = ssl.CERT_OPTIONAL if optional else ssl.CERT_REQUIRED


def client_ssl(
    ca: FilePath | None = None,
    cert: FilePath | None = None,
    key: FilePath | None = None,
    *,
    protocols: Sequence[str] = ("h2",),
) -> FileContext:
    """The client's end: trusts ``ca`` (the system's authorities when None) and shows ``cert`` when it is given.

    The server's name is always checked. ``protocols`` are offered to the server (ALPN). Reads the files: call it before
    the event loop runs, or in a thread. Raises ConfigError for files that are missing or wrong and for a certificate
    without its key. When they change, connections that are made after that use what they hold then.
    """

    def make() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _prepare(context, protocols)
        if ca is None:
            context.load_default_certs()
        else:
            _load_ca(context, ca)
        if (cert is None) != (key is None):
            raise ConfigError("client certificate", None, "a certificate and its key have to be given together")
        if cert is not None and key is not None:
            _load_chain(context, cert, key)
        return context

    return FileContext(make, (ca, cert, key))


def _prepare(context: ssl.SSLContext, protocols: Sequence[str]) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(list(protocols))


def _load_chain(context: ssl.SSLContext, cert: FilePath, key: FilePath) -> None:
    try:
        context.load_cert_chain(cert, key, no_password)
    except (OSError, ValueError) as error:
        raise ConfigError("certificate and key", f"{cert}, {key}", unusable(error)) from error


def _load_ca(context: ssl.SSLContext, ca: FilePath) -> None:
    try:
        context.load_verify_locations(cafile=ca)
    except (OSError, ValueError) as error:
        raise ConfigError("certificate authority", str(ca), unusable(error)) from error
