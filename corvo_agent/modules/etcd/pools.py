"""HTTP connections that can be left behind: later requests go over new ones, those under way are not disturbed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import aiohttp

_CLOSE_TIMEOUT = 2.0


class Pool:
    """The connections of one session; ``users`` counts the requests and streams that go over them."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.users = 0

    async def close(self) -> None:
        """End them, at once for whoever uses them; takes at most two seconds."""
        connector = self.session.connector
        # The connections are dropped at once; what takes time is to hear of it from each of them.
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                if connector is not None:
                    await connector.close(abort_ssl=True)
                await self.session.close()


class Pools:
    """The pool for new requests, ``current``, and those that are only still used by older ones.

    ``new_session`` makes the session of a pool, inside a running loop.
    """

    def __init__(self, new_session: Callable[[], aiohttp.ClientSession]) -> None:
        self._new_session = new_session
        self._retired: list[Pool] = []
        self.current = Pool(new_session())

    def retire(self, pool: Pool) -> None:
        """Go on with new connections, unless another caller has left ``pool`` already. ``sweep`` closes it."""
        if pool is self.current:
            self._retired.append(pool)
            self.current = Pool(self._new_session())

    async def sweep(self) -> None:
        """Close the pools that nothing uses any more."""
        unused = [pool for pool in self._retired if not pool.users]
        self._retired = [pool for pool in self._retired if pool.users]
        for pool in unused:
            await pool.close()

    async def close(self) -> None:
        """Close all of them."""
        pools, self._retired = [*self._retired, self.current], []
        await asyncio.gather(*(pool.close() for pool in pools))
