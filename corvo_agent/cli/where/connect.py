"""Connections to where a command looks: a gateway, etcd itself, or one agent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ...settings.etcd import EtcdSettings, etcd_options
from ...settings.secret_file import read_secret
from ..backends.protocol import Backend
from ..settings.where import DEFAULT_GATEWAY, Where
from .names import whole_name

if TYPE_CHECKING:
    # Only named here: what clients and stores need takes half a second to import, and help is to be there at once.
    import ssl

    from ...diagnostics.client.payload_client import PayloadClient
    from ...diagnostics.client.typed_client import TypedClient
    from ...modules.store import ModuleStore

_HINT = "; give --gateway URL, --etcd URL or --address HOST:PORT to look elsewhere"


@asynccontextmanager
async def open_backend(where: Where) -> AsyncGenerator[Backend]:
    """What answers where ``where`` leads; does not connect yet. Raises ConfigError for a setting that is wrong."""

    def dial(address: str, name: str) -> PayloadClient:
        return client_of(where, address, name)

    if where.address:
        from ..backends.address import AddressBackend

        yield AddressBackend(where.address, dial)
    elif where.etcd.urls:
        from ..backends.etcd import EtcdBackend

        async with open_store(where.etcd) as store:
            yield EtcdBackend(store, dial)
    else:
        async with _open_gateway(where) as backend:
            yield backend


@asynccontextmanager
async def open_agent(where: Where, name: str) -> AsyncIterator[TypedClient]:
    """A client of the agent of the Module that ``name`` means, see ``whole_name``, wherever ``where`` leads.

    It has the methods of ``DiagnosticsClient``. Raises ConfigError for a setting that is wrong, NotFound when no agent
    has announced itself for that module, and what ``whole_name`` raises.
    """
    async with open_backend(where) as backend, backend.agent(await whole_name(backend, name)) as client:
        yield client


@asynccontextmanager
async def open_store(etcd: EtcdSettings) -> AsyncIterator[ModuleStore]:
    """The Modules in an etcd, for a program that needs etcd itself. Does not wait for etcd.

    Raises ConfigError: no etcd is named, or a setting is wrong.
    """
    # Late: aiohttp and etcd3 take a quarter of a second, and not every command needs them.
    import asyncio

    from ...modules.etcd.store import EtcdStore
    from ...modules.store import ModuleStore

    options = await asyncio.to_thread(etcd_options, etcd)
    async with ModuleStore(EtcdStore(options)) as store:
        yield store


def client_of(where: Where, address: str, name: str) -> PayloadClient:
    """A client, not yet connected, for the agent of the Module ``name`` at ``address``, see ``locate``.

    Raises ConfigError for wrong certificates.
    """
    hostname = where.tls_hostname or None
    if address.startswith("https:"):
        from ...rest_client.naples import NaplesClient

        proxy = _tls(where, "http/1.1")
        return NaplesClient(address, name, ssl=proxy, server_hostname=hostname, timeout=where.timeout)
    from ...access.callers import said_to_agents
    from ...diagnostics.client.client import DiagnosticsClient

    # Who gets at a socket is the file system's affair, as at a gateway; TLS may be meant for the gateway of a context.
    secured = (where.tls_ca or where.tls_cert) and not address.startswith("unix:")
    context = _tls(where) if secured else None
    token = read_secret(where.agent_token_file, "--agent-token-file")
    return DiagnosticsClient(
        address,
        name,
        ssl=context,
        server_hostname=hostname,
        timeout=where.timeout,
        metadata=lambda: said_to_agents(token),
    )


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
        context = _tls(where, "http/1.1")
    async with Transport(
        url,
        token=token,
        ssl=context,
        server_hostname=where.tls_hostname or None,
        timeout=where.timeout,
        hint="" if where.gateway else _HINT,
    ) as transport:
        yield GatewayBackend(transport)


def _tls(where: Where, protocol: str = "h2") -> ssl.SSLContext:
    from ...diagnostics.tls import client_ssl

    return client_ssl(_path(where.tls_ca), _path(where.tls_cert), _path(where.tls_key), protocols=[protocol])


def _path(text: str) -> Path | None:
    return Path(text) if text else None
