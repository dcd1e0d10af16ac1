"""``corvo gateway``: the REST API, and DiagnosticsV1 if wanted, until a signal ends it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Awaitable, Callable

import click

from ....errors import Unavailable
from ...running import asynchronous
from ...show.output import note
from ...where.connect import Where, open_store
from ...where.options import store_options

_SECOND_SIGNAL = 130


@click.command("gateway", short_help="Serve the REST API.")
@click.option(
    "--listen",
    envvar="CORVO_GATEWAY_LISTEN",
    default="127.0.0.1:9000",
    show_default=True,
    metavar="HOST:PORT",
    help="Where REST is served.",
)
@click.option(
    "--grpc-listen", envvar="CORVO_GRPC_LISTEN", default="", metavar="HOST:PORT", help="Serve DiagnosticsV1 here."
)
@click.option(
    "--gateway-cert", envvar="CORVO_GATEWAY_CERT", default="", metavar="FILE", help="Certificate shown to callers."
)
@click.option("--gateway-key", envvar="CORVO_GATEWAY_KEY", default="", metavar="FILE", help="Key of --gateway-cert.")
@click.option(
    "--token-file",
    envvar="CORVO_TOKEN_FILE",
    default="",
    metavar="FILE",
    help="Who may call: lines of TOKEN [read|write].",
)
@click.option(
    "--insecure",
    envvar="CORVO_INSECURE",
    is_flag=True,
    help="Listen elsewhere than on loopback without TLS and tokens.",
)
@click.option(
    "--allow-network",
    envvar="CORVO_ALLOW_NETWORK",
    multiple=True,
    metavar="CIDR",
    help="Agents may be here too, not only on loopback. Repeat it for more.",
)
@click.option("--agent-tls", envvar="CORVO_AGENT_TLS", is_flag=True, help="Speak TLS with agents.")
@click.option("--agent-ca", envvar="CORVO_AGENT_CA", default="", metavar="FILE", help="Authority of the agents.")
@click.option("--agent-cert", envvar="CORVO_AGENT_CERT", default="", metavar="FILE", help="Certificate for agents.")
@click.option("--agent-key", envvar="CORVO_AGENT_KEY", default="", metavar="FILE", help="Key of --agent-cert.")
@click.option(
    "--max-staleness",
    envvar="CORVO_MAX_STALENESS",
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="Show nothing that is older, should etcd be away.",
)
@store_options
@asynchronous
async def command(
    listen: str,
    grpc_listen: str,
    gateway_cert: str,
    gateway_key: str,
    token_file: str,
    insecure: bool,
    allow_network: tuple[str, ...],
    agent_tls: bool,
    agent_ca: str,
    agent_cert: str,
    agent_key: str,
    max_staleness: float,
    where: Where,
) -> None:
    """Serve the Module API of the etcd at --etcd, and route Debug to the agents.

    \b
    corvo gateway --etcd http://127.0.0.1:2379
    curl http://127.0.0.1:9000/configs/diagnostics/v1/modules
    http://127.0.0.1:9000/docs tells all requests.
    """
    # Late: aiohttp and what comes with it take a quarter of a second, and ``--help`` does not need them.
    from ....gateway.app import Gateway
    from ....gateway.routing.networks import parse_networks
    from ....gateway.settings import GatewaySettings

    settings = GatewaySettings(
        listen=listen,
        grpc_listen=grpc_listen,
        tls_cert=gateway_cert,
        tls_key=gateway_key,
        token_file=token_file,
        insecure=insecure,
        allow_networks=parse_networks(allow_network),
        agent_tls=agent_tls,
        agent_ca=agent_ca,
        agent_cert=agent_cert,
        agent_key=agent_key,
        max_staleness=max_staleness,
    )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = _stop_on_signals()
    async with open_store(where) as store, Gateway(store.kv, settings) as gateway:
        note(f"serving {gateway.url}" + (f", gRPC at {gateway.grpc_address}" if gateway.grpc_address else ""))
        async with asyncio.TaskGroup() as tasks:
            settling = tasks.create_task(_freeze(gateway.cache.wait_synced), name="corvo-gateway-freeze")
            await stop.wait()
            settling.cancel()
        note("stopping")


async def _freeze(wait_synced: Callable[[float], Awaitable[None]]) -> None:
    """Once the Modules are read, let the garbage collector pass them over: of ten thousand it would look at every
    field again and again, a tenth of a second each time, and they hold no cycles.
    """
    while True:
        try:
            await wait_synced(60.0)
        except Unavailable:
            continue
        gc.collect()
        gc.freeze()
        return


def _stop_on_signals() -> asyncio.Event:
    """An event that the first SIGTERM or SIGINT sets; the second ends the process where it stands."""
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(_SECOND_SIGNAL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
    return stop
