"""What an agent sees of changes of its own Module that no gateway has told: written into the Module's history."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from types import TracebackType
from typing import Self

from ..backoff import Backoff
from ..clock import Clock
from ..errors import CorvoError, DeadlineExceeded, DecodeError, Unavailable
from ..modules.callbacks import WatchStep
from ..modules.controls.codec import control_of, decode_control
from ..modules.controls.control import Control
from ..modules.controls.last_word import OVERRULED
from ..modules.history.changes import as_seen, module_changes, override, override_end
from ..modules.history.entry import CREATE, DELETE, LEVEL, HistoryEntry
from ..modules.history.recorder import HistoryRecorder
from ..modules.history.store import HistoryStore
from ..modules.history.value import History
from ..modules.kv import Change, ChangeType, KeyValueStore
from ..modules.model import Module, ModuleSpec, same_level
from ..tasks import end_task

_log = logging.getLogger(__name__)

_LONGEST_PAUSE = 30.0


class SeenHistory:
    """The history of the Module ``name`` in ``kv``, as ``take`` sees its changes; enter and leave it.

    What was changed while no agent was there to see it is found by the difference to the last change that the history
    tells: of the level, and of the controls that are there.
    """

    def __init__(self, name: str, kv: KeyValueStore, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._store = HistoryStore(kv, clock=clock)
        self._recorder = HistoryRecorder(self._store, clock=clock)
        self._module: Module | None = None
        self._controls: dict[str, Control] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to write; does not wait for the store."""
        self._module, self._controls = None, {}
        await self._recorder.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits, within two seconds, and stop."""
        task, self._task = self._task, None
        if task is not None:
            await end_task(task)
        await self._recorder.__aexit__(kind, error, trace)

    def take(self, step: WatchStep) -> None:
        """Learn of ``step``. What is there at first may have been changed before: that is found out."""
        self._module = step.module
        # Of other data no one has changed anything.
        told = not (step.first or step.replaced)
        if told:
            for change in step.changes:
                found = module_changes(change.old, change.new, change.revision, self._clock.time_ns())
                self._recorder.see(as_seen(found))
        self._take_controls(step.beside, told=told)
        if step.first and self._task is None and step.module is not None:
            self._task = asyncio.create_task(self._catch_up(step.module), name="corvo-history-catch-up")

    def overruled(self, control: Control) -> None:
        """This agent took ``control`` away, since log-level was changed after it."""
        after = 0 if self._module is None else self._module.revision + 1
        now = self._clock.time_ns()
        found = override_end(self._name, control, self._spec, self._controls.values(), now, after)
        if found is not None:
            self._recorder.tell([replace(found, reason=OVERRULED)])

    @property
    def _spec(self) -> ModuleSpec:
        return ModuleSpec() if self._module is None else self._module.spec

    def _take_controls(self, changes: Iterable[Change], *, told: bool) -> None:
        now = self._clock.time_ns()
        for change in changes:
            if (found := control_of(change.key)) is None:
                continue
            before, after = self._controls.pop(found[1], None), _control(change)
            others = [*self._controls.values(), *([before] if before else ())]
            if after is not None:
                self._controls[found[1]] = after
            if not told:
                continue
            entry: HistoryEntry | None = None
            if after is not None:
                entry = override(self._name, after, self._spec, others, now)
            elif before is not None:
                left = self._controls.values()
                entry = override_end(self._name, before, self._spec, left, now, change.revision)
            if entry is not None:
                self._recorder.see(as_seen([entry]))

    async def _catch_up(self, module: Module) -> None:
        """Tell what has changed since the last change that the history knows."""
        backoff = Backoff(maximum=_LONGEST_PAUSE)
        while True:
            try:
                history = await self._store.read(self._name)
                break
            except (Unavailable, DeadlineExceeded):
                await self._clock.sleep(backoff.next())
            except DecodeError as error:
                _log.warning("what changed meanwhile is not known: %s", error)
                return
            except CorvoError as error:
                _log.info("the history of %s is left to a gateway: %s", self._name, error)
                return
        now = self._clock.time_ns()
        found = [missed] if (missed := _missed_level(history, module, now)) else []
        for control in self._controls.values():
            if control.active(now):
                others = [each for each in self._controls.values() if each.revision < control.revision]
                entry = override(self._name, control, module.spec, others, now)
                found += [] if entry is None else [entry]
        self._recorder.see(as_seen(found))


def _control(change: Change) -> Control | None:
    if change.type is ChangeType.DELETED or change.item is None:
        return None
    try:
        return decode_control(change.item)
    except DecodeError:
        # The part of the agent that follows it has said so.
        return None


def _missed_level(history: History, module: Module, now: int) -> HistoryEntry | None:
    last = next((each for each in history if each.what in (LEVEL, CREATE, DELETE)), None)
    if last is None or last.revision >= module.revision:
        return None
    before, after = "" if last.what == DELETE else last.level_to, module.spec.log_level
    if before == after or same_level(before, after):
        return None
    return HistoryEntry(
        module.name, LEVEL, now, module.revision, last.revision, level_from=before, level_to=after, seen=True
    )
