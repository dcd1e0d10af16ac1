"""Where a command finds modules and their agents: the options for it, and the connections that they mean."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from ..client import DiagnosticsClient
from ..config import read_secret, variable
from ..errors import ConfigError, NotFound
from ..modules.endpoints import find_endpoint
from ..modules.model import Module
from ..modules.store import ModuleStore
from .failures import nobody_reads

F = TypeVar("F", bound=Callable[..., Any])


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


def _option(name: str, text: str, metavar: str = "", **more: Any) -> Callable[[F], F]:
    """An option with its variable, which ``--help`` shows, too."""
    given = {"default": "", "metavar": metavar or None, "show_envvar": True, **more}
    return click.option(f"--{name}", envvar=variable(name.replace("-", "_")), help=text, **given)


_ADDRESS = _option("address", "Call this agent.", "HOST:PORT")
_ETCD_OPTIONS = (
    _option("etcd", "Endpoints of etcd.", "URL[,URL]"),
    _option("etcd-ca", "Authority of etcd's TLS.", "FILE"),
    _option("etcd-cert", "Certificate to show to etcd.", "FILE"),
    _option("etcd-key", "Key of --etcd-cert.", "FILE"),
    _option("etcd-hostname", "Name in etcd's certificates, when it is not that of the URL."),
    _option("etcd-user", "User of etcd."),
    _option("etcd-password", "Password of --etcd-user; better in a file."),
    _option("etcd-password-file", "File that holds the password of --etcd-user.", "FILE"),
)
_AGENT_OPTIONS = (
    _option("tls-ca", "Authority of the agent's TLS.", "FILE"),
    _option("tls-cert", "Certificate to show to the agent.", "FILE"),
    _option("tls-key", "Key of --tls-cert.", "FILE"),
    _option("tls-hostname", "Name in the agent's certificate, when it is not that of its address."),
    _option("timeout", "How long to wait for an answer.", "SECONDS", default=30.0, show_default=True),
)


def store_options(command: F) -> F:
    """Adds the options that lead to etcd; the command gets them as ``target``."""
    return _with_target(command, _ETCD_OPTIONS)


def agent_options(command: F) -> F:
    """Adds the options that lead to an agent, through etcd or straight; the command gets them as ``target``."""
    return _with_target(command, (_ADDRESS, *_ETCD_OPTIONS, *_AGENT_OPTIONS))


def _with_target(command: F, options: tuple[Callable[[Any], Any], ...]) -> F:
    @functools.wraps(command)
    def gathered(*arguments: Any, **given: Any) -> Any:
        names = [name for name in given if name in Target.__dataclass_fields__]
        target = Target(**{name: given.pop(name) for name in names})
        return command(*arguments, target=target, **given)

    decorated: Any = gathered
    for option in reversed(options):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


def asynchronous(command: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    """Makes a coroutine function a command."""

    @functools.wraps(command)
    def run(*arguments: Any, **given: Any) -> Any:
        try:
            return asyncio.run(command(*arguments, **given))
        except BrokenPipeError:
            # Before click sees it, which would make a failure of it.
            return nobody_reads()

    return run


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
