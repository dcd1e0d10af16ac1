"""Everything that the demo runs: etcd, the sample service with its agent on two nodes, and a gateway.

The first node lives in this process, as an agent does in a service; the second one is a process of its own. All of it
is gone when the world is left, and also when this process is killed.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from ..agent.agent import Agent
from ..embedded import EmbeddedEtcd, ScratchFolder
from ..gateway.app import Gateway
from ..gateway.settings import GatewaySettings
from ..levels.filter import add_listener, remove_listener
from ..levels.level import Level
from ..levels.thresholds import Thresholds
from ..modules.etcd.options import EtcdOptions
from ..modules.etcd.store import EtcdStore
from ..modules.names import key_of
from ..owned_process import OwnedProcess
from .node import MODULE, running_node

NODE, SECOND_NODE = "node1", "node2"
NAME, SECOND_NAME = f"{NODE}-{MODULE}", f"{SECOND_NODE}-{MODULE}"


class DemoWorld:
    """The running demo; an async context manager. Every server is on loopback, on a free port.

    Entering raises Unsupported when there is no etcd program, and Unavailable when something does not start.
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
        """Start everything; one or two seconds."""
        async with AsyncExitStack() as stack:
            folder = await stack.enter_async_context(ScratchFolder("corvo-demo-"))
            self.log_file = str(folder / f"{NAME}.log")
            await stack.enter_async_context(self.etcd)
            second = self._second(folder)
            stack.push_async_callback(second.stop)
            # The second node starts while the first does.
            starting = asyncio.create_task(second.start(), name="second-node")
            stack.push_async_callback(_end, starting)
            add_listener(self)
            stack.callback(remove_listener, self)
            first = running_node(NODE, self.etcd.endpoint, self.log_file)
            self.agent = await stack.enter_async_context(first)
            await starting
            # The gateway has a store of its own: it would have one in a process of its own, too.
            store = await stack.enter_async_context(EtcdStore(EtcdOptions.from_urls(self.etcd.endpoint)))
            self.gateway = await stack.enter_async_context(Gateway(store, GatewaySettings(listen="127.0.0.1:0")))
            # Else the first request could meet a gateway that knows no modules yet.
            await self.gateway.cache.wait_synced(10)
            await self.gateway.endpoints.wait_synced(10)
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

    def _second(self, folder: Path) -> OwnedProcess:
        arguments = (SECOND_NODE, self.etcd.endpoint, str(folder / f"{SECOND_NAME}.log"))
        module = f"{__package__}.node"
        return OwnedProcess(Path(sys.executable), ("-m", module, *arguments), folder / f"{SECOND_NODE}.out")

    def apply_levels(self, thresholds: Thresholds) -> None:
        """See LevelListener: what the agent of the first node has put in force in this process."""
        number = thresholds.of("")
        if number in list(Level):
            self.levels.append((Level(number).text, asyncio.get_running_loop().time()))
            self._moved.set()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
