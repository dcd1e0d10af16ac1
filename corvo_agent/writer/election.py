"""One leader among many: the candidate that holds the key leads, for as long as its lease lives.

The key is created under a lease, so that it vanishes with its holder. A candidate waits for the key to go, not for a
time to pass. The lead is given up before the lease could run out: a third of its time earlier by the holder's clock.
Only when another client revokes the lease may two lead at once, until the next renewal (a sixth of the lease's time).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from ..backoff import Backoff
from ..clock import SYSTEM_CLOCK, Clock
from ..errors import AlreadyExists, CorvoError, NotFound
from ..modules.kv import ChangeType, KeyValueStore

_log = logging.getLogger(__name__)

#: Seconds that giving the lead back may take.
_RESIGN_TIMEOUT = 2.0


class Election:
    """Runs for the lead at ``key`` in ``store`` as ``candidate``, a name for logs and for people who read the key.

    ``ttl`` (seconds) is the time of the lease: within it a leader that died is replaced. ``backoff`` paces the tries
    while the store is away.
    """

    def __init__(
        self,
        store: KeyValueStore,
        key: str,
        candidate: str,
        *,
        ttl: float = 10.0,
        backoff: Backoff | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._store = store
        self._key = key
        self._candidate = candidate
        self._ttl = ttl
        self._backoff = backoff or Backoff()
        self._clock = clock

    async def run(self, lead: Callable[[], Awaitable[None]]) -> None:
        """Call ``lead()`` whenever this candidate leads, and cancel it when it leads no more, until cancelled.

        An exception of ``lead()`` gives the lead back and comes out; trouble with the store never does.
        """
        while True:
            try:
                lease = await self._campaign()
            except CorvoError as error:
                _log.warning("cannot run for the lead at %s: %s", self._key, error)
                await self._clock.sleep(self._backoff.next())
                continue
            self._backoff.reset()
            await self._reign(lease, lead)

    async def _campaign(self) -> int:
        """Wait until the key is ours; the lease that it hangs on."""
        while True:
            held = await self._store.get(self._key)
            if held is not None:
                # From the next revision on, so that a deletion since the read is seen.
                await self._wait_for_vacancy(held.mod_revision + 1)
                continue
            lease = await self._store.grant_lease(self._ttl)
            try:
                await self._store.create(self._key, self._candidate.encode(), lease=lease)
            # Another candidate was faster.
            except AlreadyExists:
                await self._resign(lease)
            except BaseException:
                # Whether it was written or not, it goes with the lease.
                await self._resign(lease)
                raise
            else:
                return lease

    async def _wait_for_vacancy(self, revision: int) -> None:
        async with aclosing(self._store.changes(self._key, revision, exact=True)) as changes:
            async for batch in changes:
                if any(change.type is ChangeType.DELETED for change in batch):
                    return

    async def _reign(self, lease: int, lead: Callable[[], Awaitable[None]]) -> None:
        _log.info("%s leads at %s", self._candidate, self._key)
        work = asyncio.ensure_future(lead())
        keeping = asyncio.ensure_future(self._keep(lease))
        try:
            await asyncio.wait({work, keeping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # The work has ended before the key is given back, so that never two lead.
            keeping.cancel()
            work.cancel()
            await asyncio.wait({work, keeping})
            await self._resign(lease)
        if not work.cancelled():
            work.result()

    async def _keep(self, lease: int) -> None:
        """Renew the lease; returns when it is lost, or early enough before it could be."""
        margin = self._ttl / 3
        until = self._clock.monotonic() + self._ttl - margin
        while (left := until - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(self._ttl / 6, left))
            asked_at = self._clock.monotonic()
            try:
                async with asyncio.timeout(max(0.0, until - asked_at)):
                    # Counted from before the request: etcd may have renewed it at any moment since.
                    until = asked_at + await self._store.keep_lease(lease) - margin
            except NotFound:
                break
            except (CorvoError, TimeoutError) as error:
                _log.warning("cannot renew the lead at %s: %s", self._key, error)
        _log.warning("%s leads at %s no more: its lease is lost or not sure", self._candidate, self._key)

    async def _resign(self, lease: int) -> None:
        try:
            async with asyncio.timeout(_RESIGN_TIMEOUT):
                await self._store.revoke_lease(lease)
        except (CorvoError, TimeoutError) as error:
            _log.info("could not give back the lease for %s, it runs out by itself: %s", self._key, error)
