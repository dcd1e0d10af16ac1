"""Signs of life for watchers that ask for them (bookmarks=true): up to which version they have been told everything.

A watcher that was told nothing for a while cannot tell peace from a gateway that hangs, and the version of the last
event that it knows is forgotten when it comes back. Both are mended by a word every fifteen seconds.
"""

from __future__ import annotations

import asyncio

from ..objects.module_api import ModuleApi
from ..watching.events import EventBatch
from ..watching.subscription import Subscription

# Seconds until the next look at a watcher who has not been told everything in this moment.
_SOON = 0.5


class Bookmarks:
    """What one watcher gets: the batches of ``subscription``, and a bookmark after each ``period`` seconds without.

    ``period`` 0 stands for none. ``told`` has to be called for what is written by another way than ``next_batch``.
    """

    def __init__(self, api: ModuleApi, subscription: Subscription, period: float) -> None:
        self._api = api
        self._subscription = subscription
        self._period = period
        self._due = self._now() + period

    def told(self) -> None:
        """An event was written just now."""
        self._due = self._now() + self._period

    async def next_batch(self) -> EventBatch | None:
        """The next batch, or None when it is time for a bookmark. Raises as ``Subscription.next_batch`` does."""
        if not self._period:
            return await self._subscription.next_batch()
        while True:
            try:
                # At least one turn: what is there already goes first.
                async with asyncio.timeout(max(0.0, self._due - self._now())):
                    batch = await self._subscription.next_batch()
            except TimeoutError:
                if self._now() < self._due:
                    continue
                if self._api.told_all(self._subscription):
                    self.told()
                    return None
                self._due = self._now() + _SOON
            else:
                self.told()
                return batch

    def text(self) -> bytes:
        """``{"events":[...]}`` and a newline, holding a bookmark; ``staleness`` is in seconds, as Corvo-Staleness."""
        cache = self._api.cache
        return (
            b'{"events":[{"type":"Bookmark","object":{"kind":"Module","meta":{"resource-version":"%d"}},'
            b'"staleness":%.3f}]}\n' % (cache.revision, cache.staleness())
        )

    def line(self) -> bytes:
        """``text`` as a response gets it."""
        return b'{"result":' + self.text()[:-1] + b"}\n"

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
