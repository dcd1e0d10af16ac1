"""A key that a store takes away by itself in a moment."""

from __future__ import annotations

from corvo_agent.errors import NotFound
from corvo_agent.modules.kv import KeyValueStore


async def create_for_a_second(store: KeyValueStore, key: str, value: bytes) -> None:
    """Create ``key`` under a lease of a second that nobody renews.

    The lease may have ended before the key is written, where the machine stands still in between: then under another.
    """
    while True:
        try:
            await store.create(key, value, lease=await store.grant_lease(1))
        except NotFound:
            continue
        return
