"""TLS towards callers and towards agents."""

from __future__ import annotations

import ssl

from ..errors import ConfigError
from .settings import GatewaySettings


def server_context(settings: GatewaySettings) -> ssl.SSLContext | None:
    """What callers meet, None for plain HTTP; raises ConfigError for files that do not serve. Blocks on the disk."""
    if not settings.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, "tls-cert", settings.tls_cert, settings.tls_key)
    return context


def agent_context(settings: GatewaySettings) -> ssl.SSLContext | None:
    """What agents meet, None for plain HTTP/2. Their certificates have to name the address that is dialled.

    Raises ConfigError for files that do not serve. Blocks on the disk.
    """
    if not (settings.agent_tls or settings.agent_ca or settings.agent_cert):
        return None
    try:
        context = ssl.create_default_context(cafile=settings.agent_ca or None)
    except OSError as error:
        raise ConfigError("agent-ca", settings.agent_ca, f"cannot be used: {error}") from error
    context.set_alpn_protocols(["h2"])
    if settings.agent_cert:
        _load(context, "agent-cert", settings.agent_cert, settings.agent_key)
    return context


def _load(context: ssl.SSLContext, option: str, certificate: str, key: str) -> None:
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:
        raise ConfigError(option, certificate, f"cannot be used: {error}") from error
