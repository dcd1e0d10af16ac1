"""Where agents answer, kept in memory by one watch of the endpoints."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from ...backoff import Backoff
from ...clock import SYSTEM_CLOCK, Clock
from ...errors import DecodeError
from ...modules.endpoints import ENDPOINTS_PREFIX, Endpoint, decode_endpoint
from ...modules.kv import ChangeType, KeyValueStore
from ...modules.watching.watch import Watch, WatchStatistics
from ...tasks import end_task
from .module_cache import RETRY

_log = logging.getLogger(__name__)


class EndpointCache:
    """The announced endpoint of each Module. A value that cannot be decoded counts as none."""

    def __init__(self, store: KeyValueStore, *, check_interval: float = 10.0, clock: Clock = SYSTEM_CLOCK) -> None:
        self._watch = Watch(
            store, ENDPOINTS_PREFIX, check_interval=check_interval, backoff=Backoff(maximum=RETRY), clock=clock
        )
        self._endpoints: dict[str, Endpoint] = {}
        self._moved = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start following; does not wait for the store."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._watch)
            task = asyncio.create_task(self._follow(), name="corvo-endpoint-cache")
            stack.push_async_callback(end_task, task)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop following, within seconds."""
        await self._stack.aclose()

    def __len__(self) -> int:
        return len(self._endpoints)

    def get(self, name: str) -> Endpoint | None:
        """The endpoint announced for the Module ``name``."""
        return self._endpoints.get(name)

    def statistics(self) -> WatchStatistics:
        """How the watch is doing."""
        return self._watch.statistics()

    async def wait_synced(self) -> None:
        """Wait until the first state has been read; cancel it to give up waiting."""
        await self._watch.wait_synced()

    async def wait_moved(self, name: str, old: Endpoint | None) -> Endpoint | None:
        """Wait until the endpoint of ``name`` is another one than ``old``; cancel it to give up waiting."""
        while (endpoint := self._endpoints.get(name)) == old:
            await self._moved.wait()
        return endpoint

    async def _follow(self) -> None:
        async for batch in self._watch:
            for change in batch.changes:
                name = change.key.removeprefix(ENDPOINTS_PREFIX)
                if change.type is ChangeType.DELETED or change.item is None:
                    self._endpoints.pop(name, None)
                    continue
                try:
                    self._endpoints[name] = decode_endpoint(change.item)
                except DecodeError as error:
                    self._endpoints.pop(name, None)
                    _log.warning("an endpoint is passed over: %s", error)
            self._moved.set()
            self._moved = asyncio.Event()
