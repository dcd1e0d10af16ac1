"""Where agents answer, kept in memory by one watch of the endpoints."""

from __future__ import annotations

import asyncio
import logging

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import CorvoError, DecodeError
from ...modules.announcing.endpoint import Endpoint, decode_endpoint, endpoint_name, find_endpoint
from ...modules.kv import ChangeType, KeyValueStore
from ...modules.names import BESIDE_PREFIX
from ...modules.watching.batches import WatchBatch
from .mirror import WatchedMirror

# Where agents of older versions announce themselves.
_OLD_PREFIX = "/corvo/v1/endpoints/"
_log = logging.getLogger(__name__)


# Seconds that a look into the store itself may take.
_LOOK_UP = 2.0


class EndpointCache(WatchedMirror):
    """The announced endpoint of each Module. A value that cannot be decoded counts as none."""

    def __init__(self, store: KeyValueStore, *, check_interval: float = 10.0, clock: Clock = SYSTEM_CLOCK) -> None:
        super().__init__(store, BESIDE_PREFIX, check_interval=check_interval, clock=clock)
        self._store = store
        self._endpoints: dict[str, Endpoint] = {}
        self._looked_for_old = False

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
        await self._warn_of_old_agents()
        for change in batch.changes:
            name = endpoint_name(change.key)
            if name is None:
                continue
            if change.type is ChangeType.DELETED or change.item is None:
                self._endpoints.pop(name, None)
                continue
            try:
                self._endpoints[name] = decode_endpoint(change.item)
            except DecodeError as error:
                # The last one is not kept: its agent has gone, or it would not have been written over.
                self._endpoints.pop(name, None)
                _log.warning("endpoint ignored: %s", error)

    async def _warn_of_old_agents(self) -> None:
        """Say once that agents of an older version are not found."""
        if self._looked_for_old:
            return
        self._looked_for_old = True
        try:
            async with asyncio.timeout(_LOOK_UP):
                found = await self._store.range(_OLD_PREFIX, limit=1, keys_only=True)
        except (CorvoError, TimeoutError) as error:
            # Who may not read there, has no need to.
            _log.debug("%s is not looked into: %s", _OLD_PREFIX, error)
            return
        for item in found.items:
            _log.warning("%s and what lies beside it is ignored: an older version announces itself there", item.key)
