"""Where a command finds modules and their agents: what was told, and the connections that it means."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ...config import read_secret
from ...diagnostics.client.client import DiagnosticsClient
from ...diagnostics.client.typed_client import TypedClient
from ...errors import ConfigError
from ...modules.store import ModuleStore
from ..backends.address import AddressBackend
from ..backends.protocol import Backend

#: Where a gateway listens unless told otherwise, and so where commands look.
DEFAULT_GATEWAY = "http://127.0.0.1:9000"
_HINT = "; give --gateway URL, --etcd URL or --address HOST:PORT to look elsewhere"


@dataclass(frozen=True, slots=True)
class Where:
    """What the options say of where to look; ``timeout`` is in seconds.

    The first of ``address``, ``etcd`` and ``gateway`` that is not "" counts, and DEFAULT_GATEWAY without any.
    """

    gateway: str = ""
    gateway_token: str = field(default="", repr=False)
    gateway_token_file: str = ""
    etcd: str = ""
    address: str = ""
    etcd_ca: str = ""
    etcd_cert: str = ""
    etcd_key: str = ""
    etcd_hostname: str = ""
    etcd_user: str = ""
    etcd_password: str = field(default="", repr=False)
    etcd_password_file: str = ""
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    tls_hostname: str = ""
    timeout: float = 30.0


@asynccontextmanager
async def open_backend(where: Where) -> AsyncGenerator[Backend]:
    """The place that ``where`` means. Raises ConfigError for options that are wrong; does not wait for anybody."""

    def dial(address: str) -> DiagnosticsClient:
        return client_of(where, address)

    if where.address:
        yield AddressBackend(where.address, dial)
    elif where.etcd:
        from ..backends.etcd import EtcdBackend

        async with open_store(where) as store:
            yield EtcdBackend(store, dial)
    else:
        async with _open_gateway(where) as backend:
            yield backend


@asynccontextmanager
async def open_agent(where: Where, name: str) -> AsyncIterator[TypedClient]:
    """A client of the agent of the Module ``name``, wherever ``where`` leads: the methods of ``DiagnosticsClient``.

    Raises ConfigError for options that are wrong, NotFound when nobody has announced that module.
    """
    async with open_backend(where) as backend, backend.agent(name) as client:
        yield client


@asynccontextmanager
async def open_store(where: Where) -> AsyncIterator[ModuleStore]:
    """The Modules in the etcd of ``where``, for who needs etcd itself. Raises ConfigError when there is none."""
    # Late: aiohttp and etcd3 take a quarter of a second, and not every command needs them.
    from ...modules.etcd.options import EtcdOptions
    from ...modules.etcd.store import EtcdStore

    if not where.etcd:
        raise ConfigError("etcd", None, "give --etcd URL or CORVO_ETCD")
    options = EtcdOptions.from_urls(
        where.etcd,
        ca_file=where.etcd_ca or None,
        cert_file=where.etcd_cert or None,
        key_file=where.etcd_key or None,
        server_hostname=where.etcd_hostname or None,
        username=where.etcd_user or None,
        password=read_secret(where.etcd_password_file, "--etcd-password-file") or where.etcd_password or None,
    )
    async with ModuleStore(EtcdStore(options)) as store:
        yield store


def client_of(where: Where, address: str) -> DiagnosticsClient:
    """A client, not yet connected, for the agent at ``address``. Raises ConfigError for wrong certificates."""
    context = _tls(where) if where.tls_ca or where.tls_cert else None
    return DiagnosticsClient(address, ssl=context, server_hostname=where.tls_hostname or None, timeout=where.timeout)


@asynccontextmanager
async def _open_gateway(where: Where) -> AsyncGenerator[Backend]:
    from ...rest_client.address import base_url, check_token
    from ...rest_client.transport import Transport
    from ..backends.gateway import GatewayBackend

    url = base_url(where.gateway or DEFAULT_GATEWAY, "--gateway")
    token = read_secret(where.gateway_token_file, "--gateway-token-file") or where.gateway_token
    if token:
        check_token(url, "--gateway-token")
    context = None
    if url.startswith("https:"):
        context = _tls(where)
        # What it offers for agents is HTTP/2, which aiohttp does not speak.
        context.set_alpn_protocols(["http/1.1"])
    async with Transport(
        url,
        token=token,
        ssl=context,
        server_hostname=where.tls_hostname or None,
        timeout=where.timeout,
        hint="" if where.gateway else _HINT,
    ) as transport:
        yield GatewayBackend(transport)


def _tls(where: Where) -> ssl.SSLContext:
    from ...diagnostics.tls import client_ssl

    return client_ssl(_path(where.tls_ca), _path(where.tls_cert), _path(where.tls_key))


def _path(text: str) -> Path | None:
    return Path(text) if text else None
