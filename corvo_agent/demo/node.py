"""One node of the demo: the sample service with its agent, in this process or as a program of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..agent.agent import Agent
from ..diagnostics.service import DiagnosticsService
from ..logs.writing.json_logging import configure_json_logging
from ..modules.announcing.lease import EndpointState
from ..modules.etcd.options import EtcdOptions
from ..modules.etcd.store import EtcdStore
from ..modules.store import ModuleStore
from ..owned_process import say_ready
from ..signals import end_signals
from .service import OrderService

MODULE = "orders"


@asynccontextmanager
async def running_node(node: str, etcd: str, log_file: str) -> AsyncIterator[Agent]:
    """The service on ``node`` and its agent, from when people can find it at ``etcd`` until it is left."""
    orders = OrderService()
    diagnostics = DiagnosticsService.with_defaults(MODULE, node, log_file=log_file)
    orders.publish(diagnostics)
    agent = Agent(MODULE, node=node, store=_store(etcd), service=diagnostics)
    with configure_json_logging(MODULE, path=log_file):
        async with agent:
            work = asyncio.create_task(orders.run(), name="orders")
            try:
                await _known(agent, etcd)
                yield agent
            finally:
                # The service ends first, while its agent still answers about it.
                work.cancel()
                await asyncio.wait({work})


async def _known(agent: Agent, etcd: str) -> None:
    """Wait until the Module and the address of its agent are in etcd."""
    assert agent.endpoint is not None
    await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
    async with ModuleStore(_store(etcd)) as modules, modules.watch(agent.name) as watch:
        async for batch in watch:
            if batch.changes:
                return


def _store(etcd: str) -> EtcdStore:
    return EtcdStore(EtcdOptions.from_urls(etcd))


async def _main(node: str, etcd: str, log_file: str) -> None:
    stop = asyncio.Event()
    # How its owner ends it: see OwnedProcess.stop.
    with end_signals(stop.set):
        async with running_node(node, etcd, log_file):
            say_ready()
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
