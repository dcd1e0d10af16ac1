"""TLS towards callers and towards agents."""

from __future__ import annotations

import ssl

from ..diagnostics.tls import ask_for_certificates, client_ssl, server_ssl
from ..errors import ConfigError
from ..tls_files import FileContext, no_password, unusable
from .settings import GatewaySettings


def server_context(settings: GatewaySettings) -> FileContext | None:
    """What callers meet, None for plain HTTP; raises ConfigError for files that do not serve. Blocks on the disk."""
    if not settings.tls_cert:
        return None

    def make() -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(settings.tls_cert, settings.tls_key, no_password)
        except (OSError, ValueError) as error:
            files = f"{settings.tls_cert}, {settings.tls_key}"
            raise ConfigError("gateway-cert and gateway-key", files, unusable(error)) from error
        if settings.client_ca:
            ask_for_certificates(context, settings.client_ca, optional=True)
        return context

    return FileContext(make, (settings.tls_cert, settings.tls_key, settings.client_ca or None))


def agent_context(settings: GatewaySettings) -> FileContext | None:
    """What agents meet, None for plain HTTP/2. Their certificates have to name the address that is dialled.

    Raises ConfigError for files that do not serve. Blocks on the disk.
    """
    if not (settings.agent_tls or settings.agent_ca or settings.agent_cert):
        return None
    return _client(settings, "h2")


def proxy_context(settings: GatewaySettings) -> FileContext:
    """What the proxies of smart NICs meet, which always speak TLS; raises and blocks as the others do."""
    return _client(settings, "http/1.1")


def _client(settings: GatewaySettings, protocol: str) -> FileContext:
    files = (settings.agent_ca or None, settings.agent_cert or None, settings.agent_key or None)
    return client_ssl(*files, protocols=(protocol,))


def grpc_context(settings: GatewaySettings) -> FileContext | None:
    """What callers of gRPC meet, None for plain HTTP/2; raises and blocks as the others do."""
    if not settings.tls_cert:
        return None
    return server_ssl(settings.tls_cert, settings.tls_key, settings.client_ca or None, optional=True)
