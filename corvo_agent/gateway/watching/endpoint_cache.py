"""Where agents answer, kept in memory by one watch of the endpoints."""

from __future__ import annotations

import asyncio
import logging

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import CorvoError, DecodeError
from ...modules.endpoints import ENDPOINTS_PREFIX, Endpoint, decode_endpoint, find_endpoint
from ...modules.kv import ChangeType, KeyValueStore
from ...modules.watching.batches import WatchBatch
from .mirror import WatchedMirror

_log = logging.getLogger(__name__)


# Seconds that a look into the store itself may take.
_LOOK_UP = 2.0


class EndpointCache(WatchedMirror):
    """The announced endpoint of each Module. A value that cannot be decoded counts as none."""

    def __init__(self, store: KeyValueStore, *, check_interval: float = 10.0, clock: Clock = SYSTEM_CLOCK) -> None:
        super().__init__(store, ENDPOINTS_PREFIX, check_interval=check_interval, clock=clock)
        self._store = store
        self._endpoints: dict[str, Endpoint] = {}

    def __len__(self) -> int:
        return len(self._endpoints)

    def get(self, name: str) -> Endpoint | None:
        """The endpoint announced for the Module ``name``."""
        return self._endpoints.get(name)

    async def look_up(self, name: str) -> Endpoint | None:
        """The endpoint of the Module ``name`` as the store has it now; what is known of it when the store is away."""
        try:
            async with asyncio.timeout(_LOOK_UP):
                return await find_endpoint(self._store, name)
        except (CorvoError, TimeoutError) as error:
            _log.info("the endpoint of %s is not looked up: %s", name, str(error) or "no answer in time")
            return self.get(name)

    async def _take(self, batch: WatchBatch) -> None:
        for change in batch.changes:
            name = change.key.removeprefix(ENDPOINTS_PREFIX)
            if change.type is ChangeType.DELETED or change.item is None:
                self._endpoints.pop(name, None)
                continue
            try:
                self._endpoints[name] = decode_endpoint(change.item)
            except DecodeError as error:
                # The last one is not kept: its agent has gone, or it would not have been written over.
                self._endpoints.pop(name, None)
                _log.warning("endpoint ignored: %s", error)
