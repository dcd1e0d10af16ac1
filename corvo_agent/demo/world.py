"""Everything that the demo runs: etcd, sample services with their agents, and a gateway.

The first node lives in this process, as an agent does in a service; the second one is a service of two processes with
an agent beside them. All of it is gone when the world is left, and also when this process is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from ..agent.agent import Agent
from ..embedded import EmbeddedEtcd, ScratchFolder
from ..errors import Unavailable
from ..gateway.app import Gateway
from ..gateway.settings import GatewaySettings
from ..levels.filter import add_listener, remove_listener
from ..levels.level import Level
from ..levels.thresholds import Thresholds
from ..modules.etcd.options import EtcdOptions
from ..modules.etcd.store import EtcdStore
from ..modules.names import key_of
from ..owned_process import OwnedProcess
from ..stub.place import LONGEST_PATH, PROTOCOL
from .node import MODULE, SLOW_MODULE, running_node
from .workers import ServiceOfWorkers

NODE, SECOND_NODE = "node1", "node2"
NAME, SECOND_NAME = f"{NODE}-{MODULE}", f"{SECOND_NODE}-{MODULE}"
SLOW_NAME = f"{NODE}-{SLOW_MODULE}"
# Seconds that the gateway gets to read what there is, on a machine that has much else to do.
_PATIENCE = 60.0
# The folder in it is made with a name of its own, and for this user alone.
_SHORT = "/tmp"  # nosec B108


class DemoWorld:
    """The running demo; an async context manager. Every server is on loopback, on a free port.

    ``to_play`` is for people: the service of the tutorial, which is slow, runs as well. The gateway takes ``port`` if
    that is free.

    Entering raises Unsupported when there is no etcd program, and Unavailable when something does not start.
    """

    def __init__(self, *, to_play: bool = False, port: int = 0) -> None:
        self._to_play = to_play
        self._port = port
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
            folder = await stack.enter_async_context(ScratchFolder("corvo-demo-", within=_short_enough()))
            self.log_file = str(folder / f"{NAME}.log")
            await stack.enter_async_context(self.etcd)
            others: list[OwnedProcess | ServiceOfWorkers]
            others = [ServiceOfWorkers(MODULE, SECOND_NODE, self.etcd.endpoint, folder)]
            if self._to_play:
                others.append(self._process(folder, NODE, SLOW_MODULE))
            # The others start while the first node does.
            starting = [asyncio.create_task(other.start(), name="demo-node") for other in others]
            for other, task in zip(others, starting, strict=True):
                stack.push_async_callback(other.stop)
                stack.push_async_callback(_end, task)
            add_listener(self)
            stack.callback(remove_listener, self)
            first = running_node(NODE, self.etcd.endpoint, self.log_file)
            self.agent = await stack.enter_async_context(first)
            await asyncio.gather(*starting)
            # The gateway has a store of its own: it would have one in a process of its own, too.
            store = await stack.enter_async_context(EtcdStore(EtcdOptions.from_urls(self.etcd.endpoint)))
            self.gateway = await self._serve(stack, store)
            # Else the first request could meet a gateway that knows no modules yet.
            await self.gateway.cache.wait_synced(_PATIENCE)
            await self.gateway.endpoints.wait_synced(_PATIENCE)
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

    async def _serve(self, stack: AsyncExitStack, store: EtcdStore) -> Gateway:
        # Another gateway of this person may have the port.
        with contextlib.suppress(Unavailable):
            settings = GatewaySettings(listen=f"127.0.0.1:{self._port}")
            return await stack.enter_async_context(Gateway(store, settings))
        return await stack.enter_async_context(Gateway(store, GatewaySettings(listen="127.0.0.1:0")))

    def _process(self, folder: Path, node: str, service: str) -> OwnedProcess:
        name = f"{node}-{service}"
        arguments = (node, self.etcd.endpoint, str(folder / f"{name}.log"), service)
        return OwnedProcess(Path(sys.executable), ("-m", f"{__package__}.node", *arguments), folder / f"{name}.out")

    def apply_levels(self, thresholds: Thresholds) -> None:
        """See LevelListener: what the agent of the first node has put in force in this process."""
        number = thresholds.of("")
        if number in list(Level):
            self.levels.append((Level(number).text, asyncio.get_running_loop().time()))
            self._moved.set()


def _short_enough() -> str | None:
    """Where a folder can have Unix sockets: not every TMPDIR is short enough; None for the usual place."""
    # What a path of a socket is, beside that of the folder that all is in.
    beside = len(f"/corvo-demo-xxxxxxxx/{PROTOCOL}-{SECOND_NAME}.sock")
    return None if len(os.fsencode(tempfile.gettempdir())) + beside <= LONGEST_PATH else _SHORT


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
