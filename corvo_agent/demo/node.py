"""A sample service of the demo on a node with its agent, in this process or as a program of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..agent.agent import Agent
from ..diagnostics.service import DiagnosticsService
from ..errors import NotFound
from ..logs.writing.json_logging import configure_json_logging
from ..modules.announcing.lease import EndpointState
from ..modules.announcing.workers import find_workers
from ..modules.etcd.options import EtcdOptions
from ..modules.etcd.store import EtcdStore
from ..modules.store import ModuleStore
from ..owned_process import say_ready
from ..signals import end_signals
from .checkout import CheckoutService
from .service import OrderService

MODULE, SLOW_MODULE = "orders", "checkout"
_SERVICES = {MODULE: OrderService, SLOW_MODULE: CheckoutService}


@asynccontextmanager
async def running_node(node: str, etcd: str, log_file: str, module: str = MODULE) -> AsyncIterator[Agent]:
    """The service ``module`` on ``node`` with its agent, from when people can find it at ``etcd`` until it is left."""
    service = _SERVICES[module]()
    diagnostics = DiagnosticsService.with_defaults(module, node, log_file=log_file)
    service.publish(diagnostics.expvars.publish, diagnostics.register_action)
    agent = Agent(module, node=node, store=_store(etcd), service=diagnostics)
    with configure_json_logging(module, path=log_file):
        async with agent:
            work = asyncio.create_task(service.run(), name=module)
            try:
                assert agent.endpoint is not None
                await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
                await known(agent.name, etcd)
                yield agent
            finally:
                # The service ends first, while its agent still answers about it.
                work.cancel()
                await asyncio.wait({work})


async def known(name: str, etcd: str, workers: int = 1) -> None:
    """Wait until the Module ``name`` is in ``etcd``, and the address of so many of its processes."""
    async with ModuleStore(_store(etcd)) as modules, modules.watch(name, beside=True) as watch:
        async for _ in watch:
            try:
                await modules.get(name)
            except NotFound:
                continue
            if len(await find_workers(modules.kv, name)) >= workers:
                return


def _store(etcd: str) -> EtcdStore:
    return EtcdStore(EtcdOptions.from_urls(etcd))


async def _main(node: str, etcd: str, log_file: str, module: str = MODULE) -> None:
    stop = asyncio.Event()
    # How its owner ends it: see OwnedProcess.stop.
    with end_signals(stop.set):
        async with running_node(node, etcd, log_file, module):
            say_ready()
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
