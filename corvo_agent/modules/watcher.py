"""Following one Module: callbacks hear of each change of its spec, once and in order, whatever etcd does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from ..errors import DecodeError, Unavailable
from .callbacks import CallbackQueue, ChangeCallback, ModuleChange, WatchStep, same_spec
from .json.codec import decode_module
from .kv import DELETED, Change, KeyValueStore
from .model import Module
from .names import key_of, validate_name
from .store import ModuleStore
from .vanished import Vanished
from .watching.batches import CHANGES, SNAPSHOT, WatchBatch
from .watching.statistics import WatchStatistics

_log = logging.getLogger(__name__)

#: Seconds that an async callback may take.
CALLBACK_TIMEOUT = 5.0
#: States that wait for a slow callback before the oldest are dropped.
PENDING_STATES = 1024
# Seconds that callbacks have to end when they are cancelled at the end.
_CLOSE_TIMEOUT = 1.0
# Decoding this many values takes a few milliseconds; then the loop gets its turn.
_DECODED_AT_ONCE = 50

#: What ``on_change`` may be: a plain function or a coroutine function of the Module.
ModuleCallback = Callable[[Module], Awaitable[object] | object]


@dataclass(frozen=True, slots=True)
class WatcherStatistics:
    """How a watcher is doing; the counters of callbacks are sums over all of them.

    ``changes`` of the spec were seen. Of the ``calls``, ``failures`` raised and ``timeouts`` were cancelled;
    ``dropped`` states never reached a callback that was too slow. ``undecodable`` values were left aside.
    """

    watch: WatchStatistics
    changes: int
    calls: int
    failures: int
    timeouts: int
    dropped: int
    undecodable: int


class ModuleWatcher:
    """Watches the Module ``name`` in ``store``, which has to be entered, from ``start()`` to ``aclose()``.

    ``on_change`` is called with the Module when it is first seen, and then for each change of its spec; changes of
    its status or labels alone call nothing. When it is deleted ``on_change`` gets a Module of that name with an empty
    spec, which means the default level. ``subscribe`` takes callbacks that want the old Module as well.

    A callback may be plain or async. One that raises, or takes longer than ``callback_timeout`` seconds, is logged
    (and cancelled, when it can be): the others are called as if nothing had happened. Each has its own queue of
    ``PENDING_STATES``; a callback that falls further behind misses the oldest states, never the newest.

    ``on_step`` is called at once with each ``WatchStep``, before any other callback, and ``after_step`` after those
    that are plain functions; then the keys beside the Module are watched too, by the same stream. Both have to be
    quick, and what they raise ends the watcher.

    A value that cannot be decoded changes nothing and is warned about once.
    """

    def __init__(
        self,
        name: str,
        store: KeyValueStore | ModuleStore,
        *,
        on_change: ModuleCallback | None = None,
        on_step: Callable[[WatchStep], object] | None = None,
        after_step: Callable[[WatchStep], object] | None = None,
        callback_timeout: float = CALLBACK_TIMEOUT,
        check_interval: float = 10.0,
    ) -> None:
        self.name = validate_name(name, "name")
        self._callback_timeout = callback_timeout
        modules = ModuleStore.of(store)
        self._clock = modules.clock
        self._on_step = on_step
        self._after_step = after_step
        self._key = key_of(name)
        self._new_watch = partial(
            modules.watch,
            name,
            beside=on_step is not None or after_step is not None,
            check_interval=check_interval,
            at_once=self._take_at_once,
        )
        self._watch = self._new_watch()
        self._queues: list[CallbackQueue] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._module: Module | None = None
        self._vanished: Vanished | None = None
        self._absent = False
        self._revision = 0
        self._moved = asyncio.Event()
        self._changes = self._undecodable = 0
        if on_change is not None:
            self._add(lambda change: on_change(change.module), shown_as=on_change)

    def __repr__(self) -> str:
        return f"<ModuleWatcher of {self.name} at revision {self._revision}>"

    async def __aenter__(self) -> Self:
        """Start, see ``start``."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, see ``aclose``."""
        await self.aclose()

    async def start(self) -> None:
        """Begin to watch; does not wait for the store. While it watches, starting does nothing.

        After ``aclose`` it begins anew, as if it had not seen the Module: callbacks hear of it as it is then.
        """
        if self._task is not None:
            return
        if self._closed:
            self._closed = False
            self._watch = self._new_watch()
            self._module, self._vanished, self._absent, self._revision = None, None, False, 0
        for queue in self._queues:
            queue.start()
        await self._watch.__aenter__()
        self._task = asyncio.create_task(self._run(), name=f"corvo-watcher {self.name}")
        self._task.add_done_callback(self._ended)

    async def aclose(self) -> None:
        """Stop watching, within three seconds: calls that wait are dropped, one that runs is cancelled.

        May be called at any time, from a callback too, and again.
        """
        self._closed = True
        self._moved.set()
        await self._watch.aclose()
        ending = set().union(*(queue.stop() for queue in self._queues))
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            ending.add(task)
        if ending:
            _, pending = await asyncio.wait(ending, timeout=_CLOSE_TIMEOUT)
            for each in pending:
                _log.warning("%r does not end", each)

    def subscribe(self, callback: ChangeCallback, *, shown_as: object = None) -> None:
        """Have ``callback`` called with each ``ModuleChange`` from now on, independently of all the others.

        What is known already at this time is not told again: see ``module``. ``shown_as`` is what logs call it, where
        ``callback`` only wraps the function that a reader of the log would know.
        """
        self._add(callback, shown_as=shown_as or callback)

    @property
    def module(self) -> Module | None:
        """The Module as it was last seen and could be decoded; None while there is none."""
        return self._module

    @property
    def absent(self) -> bool:
        """Whether the store holds nothing under the name, not even what cannot be decoded, as far as is known."""
        return self._absent

    @property
    def vanished(self) -> Vanished | None:
        """The Module that was there before, and how it went; None while one is there, or when none was seen."""
        return self._vanished

    @property
    def revision(self) -> int:
        """The revision of the last change seen, decodable or not; 0 before the first."""
        return self._revision

    async def wait_synced(self) -> None:
        """Wait until the store has been read for the first time; cancel it to give up waiting."""
        await self._watch.wait_synced()

    async def wait_for(self, predicate: Callable[[Module | None], bool]) -> Module | None:
        """Wait until ``predicate`` holds for ``module``, and return that; states that pass quickly may be missed.

        Raises Unavailable when the watcher is closed, and whatever ``predicate`` raises.
        """
        while not predicate(self._module):
            if self._closed:
                raise Unavailable(self.name, "the watcher is closed")
            self._moved.clear()
            await self._moved.wait()
        return self._module

    def statistics(self) -> WatcherStatistics:
        """How the watcher is doing."""
        return WatcherStatistics(
            watch=self._watch.statistics(),
            changes=self._changes,
            calls=sum(queue.called for queue in self._queues),
            failures=sum(queue.failed for queue in self._queues),
            timeouts=sum(queue.timed_out for queue in self._queues),
            dropped=sum(queue.dropped for queue in self._queues),
            undecodable=self._undecodable,
        )

    def _add(self, callback: ChangeCallback, *, shown_as: object) -> None:
        queue = CallbackQueue(
            self.name,
            callback,
            timeout=self._callback_timeout,
            limit=PENDING_STATES,
            clock=self._clock,
            shown_as=shown_as,
        )
        self._queues.append(queue)
        if self._task is not None:
            queue.start(self._module)

    async def _run(self) -> None:
        async for batch in self._watch:
            if batch.cause is SNAPSHOT and not any(change.key == self._key for change in batch.changes):
                self._absent = True
                self._moved.set()
            if batch.cause is not CHANGES:
                # What is beside the Module comes first: a level that is overridden must not be in force in between.
                self._step(batch.changes, batch)
                continue
            for start in range(0, len(batch.changes), _DECODED_AT_ONCE):
                if start:
                    await asyncio.sleep(0)
                self._step(batch.changes[start : start + _DECODED_AT_ONCE], batch)

    def _take_at_once(self, batch: WatchBatch) -> bool:
        """Take a few changes in the turn of the loop in which they came; whatever else there is, ``_run`` takes."""
        if batch.cause is not CHANGES or len(batch.changes) > _DECODED_AT_ONCE:
            return False
        self._step(batch.changes, batch)
        return True

    def _step(self, changes: Sequence[Change], batch: WatchBatch) -> None:
        own: list[ModuleChange] = []
        for change in changes:
            if change.key == self._key and (told := self._apply(change, replaced=batch.replaced)) is not None:
                own.append(told)
        step: WatchStep | None = None
        if self._on_step is not None or self._after_step is not None:
            beside = tuple(change for change in changes if change.key != self._key)
            exact, first = batch.cause is CHANGES, batch.cause is SNAPSHOT
            step = WatchStep(self._module, tuple(own), beside, exact, first, batch.replaced)
        if step is not None and self._on_step is not None:
            self._on_step(step)
        # Callbacks come after the step: what it has put in force holds when they are called.
        for told in own:
            if not same_spec(told.old, told.new):
                self._changes += 1
                for queue in tuple(self._queues):
                    queue.put(told.new, told.revision)
        if step is not None and self._after_step is not None:
            self._after_step(step)
        self._moved.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%r failed and watches no more", self, exc_info=error)

    def _apply(self, change: Change, *, replaced: bool) -> ModuleChange | None:
        """Take a change of the Module; None for one that cannot be decoded."""
        self._revision = change.revision
        self._absent = change.type is DELETED
        new = None
        if not self._absent and change.item is not None:
            try:
                new = decode_module(change.item.value, change.key, change.revision)
            except DecodeError as error:
                self._undecodable += 1
                _log.warning("the level stays as it is: %s", error)
                return None
        old, self._module = self._module, new
        if new is not None:
            self._vanished = None
        elif old is not None:
            self._vanished = Vanished(old, replaced)
        return ModuleChange(self.name, old, new, change.revision)
