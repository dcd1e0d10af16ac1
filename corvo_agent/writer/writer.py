"""Makes the stored Modules agree with what sources report: statuses only, what people set is never touched.

Objects that a source brought carry its name in a label, so that after a restart those whose module is gone can be told
from those that other writers or people made. When what runs is replaced, its object may be gone for a moment and come
back: an object that people have set something in lingers for that long, so that their settings are not lost with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from ..backoff import Backoff
from ..clock import SYSTEM_CLOCK, Clock
from ..errors import AlreadyExists, CorvoError, DeadlineExceeded, InvalidArgument, NotFound, Unavailable
from ..log_thinning import ThinningFilter
from ..modules.kv import KeyValueStore
from ..modules.model import Module
from ..modules.store import ModuleStore
from .keeper import RESYNC, Keeper
from .objects import created, reported, set_by_people, source_of
from .source import Complete, Gone, ModuleSource, Present
from .work_queue import Work, WorkQueue

_log = logging.getLogger(__name__)
# For what is tried again and again: a thousand modules that a full etcd refuses are one line in half a minute.
_retries = logging.getLogger(f"{__name__}.retries")
_retries.addFilter(ThinningFilter(30.0))

#: Seconds for which an object that people have set something in outlives what it stands for.
LINGER = 600.0
# Seconds between two tries of one write at most.
_LONGEST_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class WriterStatistics:
    """Counts since the start. ``failed`` maps modules that are not written yet, or never, to the reason."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    retried: int = 0
    waiting: int = 0
    lingering: int = 0
    failed: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return (
            f"{self.created} created, {self.updated} updated, {self.deleted} deleted, {self.retried} retried, "
            f"{self.waiting} waiting, {self.lingering} lingering, {len(self.failed)} failed"
        )


class ModuleWriter:
    """Keeps the Modules of ``store`` in step with ``sources`` while ``run`` runs.

    At most ``queue_size`` modules wait to be written. A write that fails is tried again for ever, with growing pauses
    in which others go on; until then it is reported in the log and in ``statistics()``. ``run_once`` gives it up after
    ``attempts`` tries. An object that vanished although its module runs is written again, see ``Keeper``; ``resync`` is
    the time between two of its comparisons. A removal waits ``linger`` seconds when people have set something in the
    object. ``group`` tells the objects of these sources from those of sources of the same name that another writer
    follows.
    """

    def __init__(
        self,
        store: KeyValueStore | ModuleStore,
        sources: Sequence[ModuleSource],
        *,
        group: str = "",
        queue_size: int = 1000,
        attempts: int = 30,
        linger: float = LINGER,
        resync: float = RESYNC,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._store = ModuleStore.of(store, clock=clock)
        self._sources = {f"{source.name}.{group}" if group else source.name: source for source in sources}
        self._attempts = attempts
        self._linger = linger
        self._clock = clock
        self._queue = WorkQueue(queue_size, clock)
        self._keeper = Keeper(self._store, self._queue, clock, resync=resync)
        self._created = self._updated = self._deleted = self._retried = 0
        self._failed: dict[str, str] = {}

    @property
    def identity(self) -> str:
        """What it keeps: writers of the same identity do the same work, so that one of them is enough."""
        return "+".join(sorted(self._sources))

    def statistics(self) -> WriterStatistics:
        """The counts so far, and which modules could not be written."""
        return WriterStatistics(
            self._created,
            self._updated,
            self._deleted,
            self._retried,
            len(self._queue),
            self._queue.lingering,
            tuple(sorted(self._failed.items())),
        )

    async def run(self) -> None:
        """Follow the sources and write, until cancelled. Trouble with sources or the store never comes out."""
        # What is left of an earlier run may have been overtaken by another writer that led meanwhile.
        self._queue.clear()
        self._keeper.clear()
        self._failed.clear()
        async with asyncio.TaskGroup() as tasks:
            for label, source in self._sources.items():
                tasks.create_task(self._follow(label, source), name=f"corvo-writer-source {label}")
            tasks.create_task(self._write(), name="corvo-writer")
            tasks.create_task(self._keeper.run(), name="corvo-writer-keeper")

    async def run_once(self) -> None:
        """Read every source to where its changes begin, write what is to be written, and return.

        Nothing lingers. Raises what a source raises, and Unavailable when the store is away.
        """
        tasks = {
            asyncio.create_task(self._write(once=True), name="corvo-writer"),
            asyncio.create_task(self._read_all(), name="corvo-writer-sources"),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.result()

    async def wait_idle(self) -> None:
        """Wait until everything that was told so far has been written, or refused as it can never be written."""
        await self._queue.wait_idle()

    async def _read_all(self) -> None:
        for label, source in self._sources.items():
            await self._follow_once(label, source, Backoff(), once=True)
        await self.wait_idle()

    async def _follow(self, label: str, source: ModuleSource) -> None:
        backoff = Backoff(maximum=30.0)
        while True:
            try:
                await self._follow_once(label, source, backoff)
            except CorvoError as error:
                _retries.warning("source %s: %s", label, error)
            # After an end without an error, too: a source that ends at once must not be asked in a tight loop.
            await self._clock.sleep(backoff.next())

    async def _follow_once(self, label: str, source: ModuleSource, backoff: Backoff, *, once: bool = False) -> None:
        # Names told before Complete; None after it, when a module that goes is told by itself.
        told: set[str] | None = set()
        async with aclosing(source.events()) as events:
            async for event in events:
                match event:
                    case Present(name):
                        if told is not None:
                            told.add(name)
                        self._keeper.want(label, event)
                        await self._queue.put(name, Work(label, event))
                    case Gone(name):
                        self._keeper.forget(label, name)
                        await self._queue.put(name, Work(label, None, final=once))
                    case Complete() if told is not None:
                        backoff.reset()
                        self._keeper.forget_others(label, told)
                        self._forget_failures()
                        await self._forget_others(label, told, final=once)
                        if once:
                            return
                        told = None

    def _forget_failures(self) -> None:
        """Of what runs no more and is tried no more: names of nodes and pods are new ones each time."""
        for name in [name for name in self._failed if not self._keeper.wants(name) and name not in self._queue]:
            del self._failed[name]

    async def _forget_others(self, label: str, told: set[str], *, final: bool) -> None:
        """Remove the objects that came from this source once and that it told nothing of now."""
        for module in (await self._store.list()).modules:
            if source_of(module) == label and module.name not in told:
                await self._queue.put(module.name, Work(label, None, final=final))

    async def _write(self, *, once: bool = False) -> None:
        pause = Backoff()
        while True:
            name, work = await self._queue.take()
            try:
                await self._apply(name, work)
            except (Unavailable, DeadlineExceeded) as error:
                if once:
                    raise
                # A store that is away is no fault of the write: everything waits as long as that lasts.
                _retries.warning("module %s waits to be written: %s", name, error)
                self._retried += 1
                self._queue.put_back(name, work)
                await self._clock.sleep(pause.next())
            except InvalidArgument as error:
                # The same value would be refused again.
                self._give_up(name, error)
            except CorvoError as error:
                self._try_again(name, work.failed(), error, once=once)
            else:
                self._failed.pop(name, None)
                pause.reset()
            await self._queue.done()

    def _try_again(self, name: str, work: Work, error: CorvoError, *, once: bool) -> None:
        if once and work.attempt >= self._attempts:
            self._give_up(name, error)
            return
        _retries.warning("module %s is not written yet: %s", name, error)
        self._failed[name] = str(error)
        self._retried += 1
        # By the count of this module: a pause that all share would hold up modules without trouble.
        backoff = Backoff(initial=min(0.1 * 2 ** min(work.attempt - 1, 10), _LONGEST_PAUSE), maximum=_LONGEST_PAUSE)
        self._queue.defer(name, work, backoff.next(), owed=True)

    def _give_up(self, name: str, error: CorvoError) -> None:
        self._failed[name] = str(error)
        _log.error("module %s could not be written: %s", name, error)

    async def _apply(self, name: str, work: Work) -> None:
        if work.present is None:
            await self._remove(name, work)
            return
        try:
            await self._update(work.source, work.present)
        except NotFound:
            await self._create(work.source, work.present)

    async def _update(self, source: str, present: Present) -> None:
        changed = False

        def report(module: Module) -> Module:
            nonlocal changed
            written = reported(module, source, present)
            changed = written != module
            return written

        await self._store.modify(present.name, report)
        self._updated += changed

    async def _create(self, source: str, present: Present) -> None:
        try:
            await self._store.create(created(source, present, self._keeper.vanished(present.name)))
        except AlreadyExists:
            # The agent itself was faster; its object gets what the source knows.
            await self._update(source, present)
        else:
            self._created += 1

    async def _remove(self, name: str, work: Work) -> None:
        try:
            module = await self._store.get(name)
            # Made by people or by another writer since: not ours to delete.
            if source_of(module) != work.source:
                return
            if self._linger > 0 and not work.final and set_by_people(module):
                _log.info("module %s is gone; what was set in it is kept for %g s", name, self._linger)
                self._queue.defer(name, replace(work, final=True), self._linger, owed=False)
                return
            # Only as it was read: what people set in the meantime must not be lost.
            await self._store.delete(name, expected=module.revision)
        except NotFound:
            return
        self._deleted += 1
