"""A store that is made when it is first asked for something, in a thread.

etcd3 and aiohttp take longer to import than all the rest of an agent together. An agent that serves does not have to
wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Self

from ..errors import Unavailable
from ..threads import in_thread
from .kv import (
    Change,
    ClockDifference,
    Count,
    HasClock,
    HasCredentials,
    HasProofs,
    KeyRange,
    KeyValue,
    KeyValueStore,
    Proof,
    Range,
)


class DeferredStore:
    """The ``KeyValueStore`` that ``make`` returns, made and entered by the first call.

    ``make`` runs in a thread. What it and the entering of the store raise, every call raises: check before what can
    be checked.
    """

    def __init__(self, make: Callable[[], KeyValueStore]) -> None:
        self._make = make
        self._making: asyncio.Task[KeyValueStore] | None = None
        self._open = False

    def __repr__(self) -> str:
        return f"<DeferredStore {self._store() or 'not made yet'}>"

    async def __aenter__(self) -> Self:
        """Allow calls."""
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store if there is one; one that is being made is waited for."""
        self._open = False
        making, self._making = self._making, None
        if making is not None:
            await asyncio.wait({making})
            if not making.exception():
                await making.result().__aexit__(kind, error, trace)

    async def reload_credentials(self) -> None:
        """See HasCredentials; a store that is not made yet will read them then."""
        if self._making is not None:
            store = await self._made()
            if isinstance(store, HasCredentials):
                await store.reload_credentials()

    def clock_difference(self) -> ClockDifference | None:
        """See HasClock."""
        store = self._store()
        return store.clock_difference() if isinstance(store, HasClock) else None

    def last_proof(self) -> Proof | None:
        """See HasProofs."""
        store = self._store()
        return store.last_proof() if isinstance(store, HasProofs) else None

    async def get(self, key: str, *, serializable: bool = False, revision: int = 0) -> KeyValue | None:
        """See KeyValueStore."""
        return await (await self._made()).get(key, serializable=serializable, revision=revision)

    async def range(
        self,
        prefix: str,
        *,
        exact: bool = False,
        limit: int = 0,
        keys_only: bool = False,
        newer_than: int = 0,
        also: Sequence[KeyRange] = (),
    ) -> Range:
        """See KeyValueStore."""
        store = await self._made()
        return await store.range(
            prefix, exact=exact, limit=limit, keys_only=keys_only, newer_than=newer_than, also=also
        )

    async def count(self, prefix: str, *, exact: bool = False) -> Count:
        """See KeyValueStore."""
        return await (await self._made()).count(prefix, exact=exact)

    async def create(self, key: str, value: bytes, *, lease: int = 0) -> int:
        """See KeyValueStore."""
        return await (await self._made()).create(key, value, lease=lease)

    async def update(self, key: str, value: bytes, *, expected: int | None = None, lease: int = 0) -> int:
        """See KeyValueStore."""
        return await (await self._made()).update(key, value, expected=expected, lease=lease)

    async def put(self, key: str, value: bytes, *, lease: int = 0) -> int:
        """See KeyValueStore."""
        return await (await self._made()).put(key, value, lease=lease)

    async def delete(self, key: str, *, expected: int | None = None) -> KeyValue:
        """See KeyValueStore."""
        return await (await self._made()).delete(key, expected=expected)

    async def grant_lease(self, ttl: float) -> int:
        """See KeyValueStore."""
        return await (await self._made()).grant_lease(ttl)

    async def keep_lease(self, lease: int) -> float:
        """See KeyValueStore."""
        return await (await self._made()).keep_lease(lease)

    async def revoke_lease(self, lease: int) -> None:
        """See KeyValueStore."""
        await (await self._made()).revoke_lease(lease)

    async def changes(
        self,
        prefix: str,
        start: int,
        *,
        exact: bool = False,
        also: Sequence[tuple[KeyRange, int]] = (),
        at_once: Callable[[list[Change]], bool] | None = None,
    ) -> AsyncGenerator[list[Change], None]:
        """See KeyValueStore."""
        store = await self._made()
        async with aclosing(store.changes(prefix, start, exact=exact, also=also, at_once=at_once)) as batches:
            async for batch in batches:
                yield batch

    def _store(self) -> KeyValueStore | None:
        """The store, once it is made."""
        making = self._making
        if making is None or not making.done() or making.cancelled() or making.exception() is not None:
            return None
        return making.result()

    async def _made(self) -> KeyValueStore:
        if not self._open:
            raise Unavailable("the store", "it is closed")
        if self._making is None:
            # A task of its own: a caller that goes away must not take the store of the others along.
            self._making = asyncio.create_task(self._enter(), name="corvo-make-store")
        return await asyncio.shield(self._making)

    async def _enter(self) -> KeyValueStore:
        store = await in_thread(self._make, "corvo-make-store")
        return await store.__aenter__()
