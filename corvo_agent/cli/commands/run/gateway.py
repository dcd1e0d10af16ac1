"""``corvo gateway``: the REST API, and DiagnosticsV1 if wanted, until a signal ends it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace

import click

from ....errors import Unavailable
from ....gateway.jwt_settings import JwtSettings
from ....gateway.settings import GATEWAY, GatewaySettings
from ....settings.etcd import EtcdSettings
from ....settings.own_log import OwnLogSettings
from ....signals import end_signals
from ....survival.settings import SurvivalSettings
from ...help import HelpCommand
from ...own_log import set_up_own_log, tell
from ...reload import reload_when_asked
from ...settings.options import Told, program_options


@click.command("gateway", cls=HelpCommand, short_help="Serve the REST API.")
@program_options(GATEWAY, ("etcd", "listen", "gateway-cert", "gateway-key", "token-file", "agent-ca", "allow-network"))
def command(told: Told) -> None:
    """Serve the Module API of the etcd at --etcd, and route Debug to the agents.

    A setting is taken from its option, else its CORVO_ variable, else the file, else the default. SIGTERM and Ctrl-C
    end the gateway after it has answered what was asked; the second one ends it at once. SIGHUP reads tokens,
    certificates and passwords again; what is renewed is used without being asked. SIGUSR1 logs its state.

    \b
    corvo gateway --etcd http://127.0.0.1:2379
    curl http://127.0.0.1:9000/configs/diagnostics/v1/modules
    http://127.0.0.1:9000/docs tells all requests.
    """
    gathered = told.gather()
    own_log = gathered.section(OwnLogSettings)
    set_up_own_log(own_log, "corvo-gateway", thinned=True)
    told.warn_of_mistaken_variables()
    survival = gathered.section(SurvivalSettings)
    settings = replace(gathered.section(GatewaySettings), jwt=gathered.section(JwtSettings))
    asyncio.run(_serve(settings, gathered.section(EtcdSettings), survival, own_log))


async def _serve(
    settings: GatewaySettings, etcd: EtcdSettings, survival: SurvivalSettings, own_log: OwnLogSettings
) -> None:
    # Late: aiohttp and what comes with it take a quarter of a second, and ``--help`` does not need them.
    from ....gateway.app import Gateway
    from ....survival.program import survive
    from ...where.connect import open_store

    stop, reload = asyncio.Event(), asyncio.Event()
    with end_signals(stop.set, reload=reload.set):
        async with open_store(etcd) as store, Gateway(store.kv, settings) as gateway:
            tell(
                own_log,
                f"serving {gateway.url}" + (f", gRPC at {gateway.grpc_address}" if gateway.grpc_address else ""),
            )
            surviving = survive(f"serving {gateway.url}", lambda: survival, gateway.shedding, gateway.state)
            async with surviving, asyncio.TaskGroup() as tasks:
                settling = tasks.create_task(_freeze(gateway.cache.wait_synced), name="corvo-gateway-freeze")
                reloading = tasks.create_task(
                    reload_when_asked(reload, gateway.reload_credentials, own_log), name="corvo-gateway-reload"
                )
                await stop.wait()
                settling.cancel()
                reloading.cancel()
            tell(own_log, "stopping")


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
