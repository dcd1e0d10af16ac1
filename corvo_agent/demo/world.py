"""Everything that the demo runs: etcd, the sample service with its agent, and a gateway; all gone when it is left."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from ..agent.agent import Agent
from ..diagnostics.service import DiagnosticsService
from ..embedded import EmbeddedEtcd, ScratchFolder
from ..gateway.app import Gateway
from ..gateway.settings import GatewaySettings
from ..logs.json_logging import configure_json_logging
from ..modules.etcd import EtcdStore
from ..modules.etcd_options import EtcdOptions
from ..modules.model import Module
from ..modules.names import key_of
from .service import OrderService

NODE = "node1"
MODULE = "orders"
NAME = f"{NODE}-{MODULE}"


class DemoWorld:
    """The running demo; an async context manager. Every server is on loopback, on a free port.

    Entering raises Unsupported when there is no etcd program, and Unavailable when it does not start.
    """

    def __init__(self) -> None:
        self.etcd = EmbeddedEtcd()
        self.key = key_of(NAME)
        self.log_file = ""
        self.agent: Agent
        self.gateway: Gateway
        self._stack = AsyncExitStack()
        #: The levels that came, newest last, and the loop time at which each was in force.
        self.levels: list[tuple[str, float]] = []
        self._moved = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Start everything; about a second."""
        async with AsyncExitStack() as stack:
            folder = await stack.enter_async_context(ScratchFolder("corvo-demo-"))
            self.log_file = str(folder / f"{MODULE}.log")
            stack.enter_context(configure_json_logging(MODULE, path=self.log_file))
            await stack.enter_async_context(self.etcd)
            await self._start_service(stack)
            # The gateway has a store of its own: it would have one in a process of its own, too.
            store = await stack.enter_async_context(self._store())
            self.gateway = await stack.enter_async_context(Gateway(store, GatewaySettings(listen="127.0.0.1:0")))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything and delete every file."""
        await self._stack.aclose()

    async def wait_level(self, level: str, after: int) -> float:
        """Wait for ``level`` among the levels from index ``after`` on; the loop time at which it was in force."""
        while True:
            for text, moment in self.levels[after:]:
                if text == level:
                    return moment
            self._moved.clear()
            await self._moved.wait()

    async def _start_service(self, stack: AsyncExitStack) -> None:
        orders = OrderService()
        diagnostics = DiagnosticsService.with_defaults(MODULE, NODE, log_file=self.log_file)
        orders.publish(diagnostics)
        agent = Agent(MODULE, node=NODE, store=self._store(), service=diagnostics, on_change=self._changed)
        self.agent = await stack.enter_async_context(agent)
        work = asyncio.create_task(orders.run(), name="orders")
        stack.push_async_callback(_end, work)

    def _store(self) -> EtcdStore:
        return EtcdStore(EtcdOptions.from_urls(self.etcd.endpoint))

    def _changed(self, module: Module) -> None:
        self.levels.append((module.spec.log_level, asyncio.get_running_loop().time()))
        self._moved.set()


async def _end(work: asyncio.Task[None]) -> None:
    work.cancel()
    await asyncio.wait({work})
