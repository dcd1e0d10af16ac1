"""Where a command finds modules and their agents: what was told, and the connections that it means."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..client import DiagnosticsClient
from ..config import read_secret
from ..errors import ConfigError, NotFound
from ..modules.endpoints import find_endpoint
from ..modules.model import Module
from ..modules.store import ModuleStore


@dataclass(frozen=True, slots=True)
class Target:
    """What the options say of where to look; ``timeout`` is in seconds."""

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
async def open_store(target: Target) -> AsyncIterator[ModuleStore]:
    """The Modules in the etcd of ``target``. Raises ConfigError when there is none."""
    # Late: aiohttp and etcd3 take a quarter of a second, and not every command needs them.
    from ..modules.etcd import EtcdStore
    from ..modules.etcd_options import EtcdOptions

    if not target.etcd:
        raise ConfigError("etcd", None, "give --etcd URL or CORVO_ETCD")
    options = EtcdOptions.from_urls(
        target.etcd,
        ca_file=target.etcd_ca or None,
        cert_file=target.etcd_cert or None,
        key_file=target.etcd_key or None,
        server_hostname=target.etcd_hostname or None,
        username=target.etcd_user or None,
        password=read_secret(target.etcd_password_file, "--etcd-password-file") or target.etcd_password or None,
    )
    async with ModuleStore(EtcdStore(options)) as store:
        yield store


@asynccontextmanager
async def open_agent(target: Target, name: str) -> AsyncIterator[DiagnosticsClient]:
    """A client of the agent of the Module ``name``: at ``--address``, else where etcd says that it answers.

    Raises ConfigError without either, NotFound when nobody has announced that module.
    """
    async with AsyncExitStack() as stack:
        address = target.address
        if not address:
            if not target.etcd:
                raise ConfigError("target", None, "give --etcd URL or --address HOST:PORT")
            store = await stack.enter_async_context(open_store(target))
            address = await locate(store, name)
        yield await stack.enter_async_context(client_of(target, address))


def client_of(target: Target, address: str) -> DiagnosticsClient:
    """A client, not yet connected, for the agent at ``address``. Raises ConfigError for wrong certificates."""
    context = None
    if target.tls_ca or target.tls_cert:
        from ..diagnostics.tls import client_ssl

        context = client_ssl(_path(target.tls_ca), _path(target.tls_cert), _path(target.tls_key))
    return DiagnosticsClient(address, ssl=context, server_hostname=target.tls_hostname or None, timeout=target.timeout)


async def locate(store: ModuleStore, name: str) -> str:
    """Where the agent of ``name`` answers: its own announcement, else node and port of its Module.

    Raises NotFound saying what is missing.
    """
    endpoint = await find_endpoint(store.kv, name)
    if endpoint is not None:
        return endpoint.address
    module = await store.get(name)
    if address := _reported_address(module):
        return address
    raise NotFound("agent of module", name, "it has announced no address: is it running?")


def _reported_address(module: Module) -> str:
    # A Go peer has no announcement, but its node and ports stand in the Module.
    ports = [port.port for port in module.status.service_ports if port.name in ("", module.status.module)]
    return f"{module.status.node}:{ports[0]}" if ports and module.status.node else ""


def _path(text: str) -> Path | None:
    return Path(text) if text else None
