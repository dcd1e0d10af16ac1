"""Reading and writing the histories of Modules in a key-value store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import AlreadyExists, CorvoError, DecodeError, NotFound, VersionConflict
from ..compare_and_swap import compare_and_swap
from ..kv import KeyValue, KeyValueStore
from ..names import HISTORY_PREFIX
from .entry import DELETE, HistoryEntry
from .value import History, added, decode_history, encode_history, history_key

_log = logging.getLogger(__name__)

#: Seconds that the history of a Module stays after the Module itself is deleted: a week.
KEPT_AFTER_DELETION = 7 * 86400.0
# Seconds that giving back a lease may take.
_REVOKE = 2.0


class HistoryStore:
    """The histories in ``kv``, which its owner enters and leaves: one key for each Module.

    Every call raises what ``kv`` raises, and may be cancelled at any time; a write that was cancelled may or may not
    have happened, and may be repeated: a change is in the history once.
    """

    def __init__(self, kv: KeyValueStore, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._kv = kv
        self._clock = clock

    async def read(self, name: str) -> History:
        """The changes of the Module ``name``, the newest first. Raises InvalidArgument and DecodeError."""
        item = await self._kv.get(history_key(name))
        return () if item is None else decode_history(item)

    async def add(self, name: str, told: Sequence[HistoryEntry]) -> History:
        """Put what is ``told`` into the history of the Module ``name``, by compare-and-swap; the history then.

        Nothing is written when it is all known. A history whose last change is a deletion lies under a lease of
        ``KEPT_AFTER_DELETION`` seconds.
        """
        key = history_key(name)

        async def write(item: KeyValue | None) -> History:
            before = _decoded(item)
            history = added(before, told)
            if history != before:
                await self._put(key, encode_history(history), item, leased=history[0].what == DELETE)
            return history

        return await compare_and_swap(lambda: self._kv.get(key), write, clock=self._clock)

    async def tidy(self, existing: Iterable[str]) -> None:
        """Put the histories of Modules that are not ``existing`` under a lease, and take the lease of others away."""
        names = set(existing)
        for item in (await self._kv.range(HISTORY_PREFIX, keys_only=True)).items:
            gone = item.key.removeprefix(HISTORY_PREFIX) not in names
            if gone == bool(item.lease):
                continue
            now = await self._kv.get(item.key)
            if now is None or now.mod_revision != item.mod_revision:
                continue
            try:
                await self._put(item.key, now.value, now, leased=gone)
            except VersionConflict:
                _log.debug("%s has been written meanwhile and is looked at again later", item.key)

    async def _put(self, key: str, value: bytes, old: KeyValue | None, *, leased: bool) -> None:
        lease = await self._kv.grant_lease(KEPT_AFTER_DELETION) if leased else 0
        try:
            if old is None:
                await self._kv.create(key, value, lease=lease)
            else:
                await self._kv.update(key, value, expected=old.mod_revision, lease=lease)
        except (AlreadyExists, NotFound) as error:
            await self._give_back(lease)
            raise VersionConflict(key, old.mod_revision if old else 0) from error
        except BaseException:
            await self._give_back(lease)
            raise

    async def _give_back(self, lease: int) -> None:
        if not lease:
            return
        try:
            async with asyncio.timeout(_REVOKE):
                await self._kv.revoke_lease(lease)
        except (CorvoError, TimeoutError) as error:
            _log.debug("a lease without a history ends by itself: %s", error)


def _decoded(item: KeyValue | None) -> History:
    if item is None:
        return ()
    try:
        return decode_history(item)
    except DecodeError as error:
        _log.warning("a history begins anew: %s", error)
        return ()
