"""Sees which objects of the writer vanished or changed in the store, and has them written again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

from ..clock import Clock
from ..errors import CorvoError
from ..modules.json.codec import read_module
from ..modules.kv import Change, ChangeType
from ..modules.names import name_of
from ..modules.store import ModuleStore
from ..modules.vanished import Vanished
from ..modules.watching.batches import Cause
from .objects import is_lost, reported, source_of
from .source import Present
from .work_queue import Work, WorkQueue

_log = logging.getLogger(__name__)

#: Seconds between two comparisons of everything that sources told with everything that is stored.
RESYNC = 300.0
# Objects read before the loop gets a turn: some milliseconds of work.
_SLICE = 100


class Keeper:
    """Knows what sources told of the modules that run, and puts into ``queue`` what ``store`` has lost of it.

    A watch of all Modules tells of what vanished within seconds. Every ``resync`` seconds all of them are read and
    compared as well, so that whatever a watch cannot tell, and what was refused for good, is tried again. An object
    that bears the mark of another source is that one's: two writers do not take it from each other for ever.
    """

    def __init__(self, store: ModuleStore, queue: WorkQueue, clock: Clock, *, resync: float = RESYNC) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._resync = resync
        self._wanted: dict[str, tuple[str, Present]] = {}
        self._vanished: dict[str, Vanished] = {}
        # The objects that the watch knows of.
        self._seen: set[str] = set()

    def clear(self) -> None:
        """Forget everything: the sources tell it anew."""
        self._wanted.clear()
        self._vanished.clear()

    def want(self, source: str, present: Present) -> None:
        """``source`` tells that a module runs."""
        self._wanted[present.name] = (source, present)

    def wants(self, name: str) -> bool:
        """Whether a source has told that the module runs."""
        return name in self._wanted

    def forget(self, source: str, name: str) -> None:
        """``source`` tells that a module runs no more."""
        if self._wanted.get(name, ("",))[0] == source:
            del self._wanted[name]
            self._vanished.pop(name, None)

    def forget_others(self, source: str, told: Collection[str]) -> None:
        """``source`` has told all that runs: what it told before and is not among ``told`` runs no more."""
        for name in [name for name, (other, _) in self._wanted.items() if other == source and name not in told]:
            self.forget(source, name)

    def vanished(self, name: str) -> Vanished | None:
        """How the object of a module that runs went; None while it is there, or when none was seen."""
        return self._vanished.get(name)

    async def run(self) -> None:
        """Watch and compare until cancelled. Trouble with the store never comes out."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(), name="corvo-writer-watch")
            tasks.create_task(self._compare_often(), name="corvo-writer-resync")

    async def _follow(self) -> None:
        self._seen.clear()
        async with self._store.watch() as watch:
            async for batch in watch:
                for index, change in enumerate(batch.changes, start=1):
                    await self._look(change, replaced=batch.replaced)
                    if index % _SLICE == 0:
                        await asyncio.sleep(0)
                if batch.cause is Cause.RESYNC:
                    await self._put_missing()

    async def _put_missing(self) -> None:
        """Put what was written, and lost before the watch had heard of it, into the queue."""
        for name in [name for name in self._wanted if name not in self._seen]:
            # One whose deletion was seen waits for its time already.
            if name not in self._vanished and name in self._wanted:
                await self._queue.put(name, Work(*self._wanted[name]))

    async def _look(self, change: Change, *, replaced: bool) -> None:
        name = name_of(change.key)
        if change.type is ChangeType.DELETED:
            self._seen.discard(name)
        else:
            self._seen.add(name)
        wanted = self._wanted.get(name)
        if wanted is None or change.item is None:
            return
        source, present = wanted
        module = read_module(change.item.value, change.key, change.item.mod_revision)
        if change.type is not ChangeType.DELETED:
            self._vanished.pop(name, None)
            if is_lost(module, present):
                await self._queue.put(name, Work(source, present))
            return
        vanished = self._vanished[name] = Vanished(module, replaced)
        _log.info("module %s is written again: it %s", name, "was lost by the store" if replaced else "was deleted")
        if vanished.pause:
            self._queue.defer(name, Work(source, present), vanished.pause, owed=True)
        else:
            await self._queue.put(name, Work(source, present))

    async def _compare_often(self) -> None:
        while True:
            await self._clock.sleep(self._resync)
            try:
                await self._compare()
            except CorvoError as error:
                _log.warning("what is stored could not be compared with what runs: %s", error)

    async def _compare(self) -> None:
        missing = dict(self._wanted)
        for index, module in enumerate((await self._store.list()).modules, start=1):
            if index % _SLICE == 0:
                await asyncio.sleep(0)
            wanted = missing.pop(module.name, None)
            if wanted is None or source_of(module) not in ("", wanted[0]):
                continue
            if reported(module, *wanted) != module:
                await self._queue.put(module.name, Work(*wanted))
        for name, wanted in missing.items():
            # One whose deletion was seen waits for its time already.
            if name not in self._vanished and self._wanted.get(name) == wanted:
                await self._queue.put(name, Work(*wanted))
