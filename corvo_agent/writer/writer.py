"""Makes the stored Modules agree with what sources report: statuses only, what people set is never touched.

Objects that a source brought carry its name in a label, so that after a restart what is gone can be told from what
somebody else made. The latest word on a module replaces an earlier one that has not been written yet: the queue
holds one entry a module, and a source that outruns it waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, fields, replace

from ..backoff import Backoff
from ..clock import SYSTEM_CLOCK, Clock
from ..errors import AlreadyExists, CorvoError, InvalidArgument, NotFound, Unavailable
from ..modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta
from ..modules.store import ModuleStore
from .source import Complete, Gone, ModuleSource, Present

_log = logging.getLogger(__name__)

#: The label that says which source an object came from.
SOURCE_LABEL = "corvo/source"


@dataclass(frozen=True, slots=True)
class WriterStatistics:
    """Counts since the start. ``failed`` maps modules that could not be written to the reason."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    retried: int = 0
    waiting: int = 0
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Work:
    """What is to be made true of one module; ``status`` None means that it goes."""

    source: str
    status: ModuleStatus | None
    attempt: int = 0


class ModuleWriter:
    """Keeps the Modules of ``store`` in step with ``sources`` while ``run`` runs.

    At most ``queue_size`` modules wait to be written. A write is tried ``attempts`` times, with a growing pause; what
    still fails is reported in the log and in ``statistics()``, and is tried again when its source tells of it again.
    """

    def __init__(
        self,
        store: ModuleStore,
        sources: Sequence[ModuleSource],
        *,
        queue_size: int = 1000,
        attempts: int = 30,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._store = store
        self._sources = tuple(sources)
        self._queue_size = queue_size
        self._attempts = attempts
        self._clock = clock
        self._queue: OrderedDict[str, _Work] = OrderedDict()
        self._moved = asyncio.Condition()
        self._idle = True
        self._created = self._updated = self._deleted = self._retried = 0
        self._failed: dict[str, str] = {}

    def statistics(self) -> WriterStatistics:
        """How it is doing."""
        return WriterStatistics(
            self._created,
            self._updated,
            self._deleted,
            self._retried,
            len(self._queue),
            tuple(sorted(self._failed.items())),
        )

    async def run(self) -> None:
        """Follow the sources and write, until cancelled. Trouble with sources or the store never comes out."""
        async with asyncio.TaskGroup() as tasks:
            for source in self._sources:
                tasks.create_task(self._follow(source), name=f"corvo-writer-source {source.name}")
            tasks.create_task(self._write(), name="corvo-writer")

    async def wait_idle(self) -> None:
        """Wait until everything that was told so far has been written or given up."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._idle and not self._queue)

    async def _follow(self, source: ModuleSource) -> None:
        backoff = Backoff(maximum=30.0)
        while True:
            try:
                await self._follow_once(source, backoff)
            except CorvoError as error:
                _log.warning("source %s: %s", source.name, error)
            await self._clock.sleep(backoff.next())

    async def _follow_once(self, source: ModuleSource, backoff: Backoff) -> None:
        told: set[str] | None = set()
        async with aclosing(source.events()) as events:
            async for event in events:
                match event:
                    case Present(name, status):
                        if told is not None:
                            told.add(name)
                        await self._enqueue(name, _Work(source.name, status))
                    case Gone(name):
                        await self._enqueue(name, _Work(source.name, None))
                    case Complete() if told is not None:
                        backoff.reset()
                        await self._forget_others(source.name, told)
                        told = None

    async def _forget_others(self, source: str, told: set[str]) -> None:
        """Remove the objects that came from ``source`` once and that it told nothing of now."""
        for module in (await self._store.list()).modules:
            if module.meta.labels.get(SOURCE_LABEL) == source and module.name not in told:
                await self._enqueue(module.name, _Work(source, None))

    async def _enqueue(self, name: str, work: _Work) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: name in self._queue or len(self._queue) < self._queue_size)
            self._queue[name] = work
            self._moved.notify_all()

    async def _write(self) -> None:
        backoff = Backoff()
        while True:
            async with self._moved:
                await self._moved.wait_for(lambda: self._queue)
                name, work = self._queue.popitem(last=False)
                self._idle = False
                self._moved.notify_all()
            if await self._try(name, work):
                backoff.reset()
            else:
                await self._clock.sleep(backoff.next())
            async with self._moved:
                self._idle = True
                self._moved.notify_all()

    async def _try(self, name: str, work: _Work) -> bool:
        """Write one module; False when it has to be tried again, which is then queued."""
        try:
            await self._apply(name, work)
        except InvalidArgument as error:
            # No later try can be better.
            self._give_up(name, error)
        except CorvoError as error:
            # A store that is away is no fault of the write: it waits as long as that lasts.
            work.attempt += not isinstance(error, Unavailable)
            if work.attempt < self._attempts:
                self._retried += 1
                # A newer word on this module outranks the one that failed.
                self._queue.setdefault(name, work)
                return False
            self._give_up(name, error)
        else:
            self._failed.pop(name, None)
        return True

    def _give_up(self, name: str, error: CorvoError) -> None:
        self._failed[name] = str(error)
        _log.error("module %s could not be written: %s", name, error)

    async def _apply(self, name: str, work: _Work) -> None:
        if work.status is None:
            await self._remove(name, work.source)
            return
        status = work.status
        try:
            before = await self._store.get(name)
            after = await self._store.modify(name, lambda module: _reported(module, work.source, status))
        except NotFound:
            await self._create(name, work.source, status)
        else:
            self._updated += after.revision != before.revision

    async def _create(self, name: str, source: str, status: ModuleStatus) -> None:
        module = Module(
            ObjectMeta(name=name, labels={SOURCE_LABEL: source}),
            ModuleSpec(log_level="Info"),
            replace(status, category=status.category or "Venice"),
        )
        try:
            await self._store.create(module)
        except AlreadyExists:
            # The agent itself was faster; its object gets what the source knows.
            await self._store.modify(name, lambda found: _reported(found, source, status))
            self._updated += 1
        else:
            self._created += 1

    async def _remove(self, name: str, source: str) -> None:
        try:
            module = await self._store.get(name)
            if module.meta.labels.get(SOURCE_LABEL) != source:
                return
            await self._store.delete(name, expected=module.revision)
        except NotFound:
            return
        self._deleted += 1


def _reported(module: Module, source: str, status: ModuleStatus) -> Module:
    """``module`` with what ``source`` knows: fields that it left empty stay as they are."""
    known = {field.name: value for field in fields(status) if (value := getattr(status, field.name))}
    labelled = module.with_meta(labels={**module.meta.labels, SOURCE_LABEL: source})
    return labelled.with_status(**known)
