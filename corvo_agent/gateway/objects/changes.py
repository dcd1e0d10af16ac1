"""What this gateway tells of changes: of those made through it with their callers, and of those that it sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...access.caller import current_caller
from ...clock import Clock
from ...errors import DecodeError, RemoteError
from ...modules.controls.control import Control
from ...modules.controls.last_word import OVERRULED
from ...modules.history.changes import as_seen, deletion, module_changes, override, override_end
from ...modules.history.entry import HistoryEntry
from ...modules.history.recorder import HistoryRecorder
from ...modules.history.store import HistoryStore
from ...modules.history.value import History
from ...modules.kv import ChangeType
from ...modules.model import Module
from ...modules.module_level import ModuleLevel
from ...modules.store import ModuleStore
from ...modules.store_clock import StoreClock
from ..watching.caretaker import Caretaker
from ..watching.events import Event
from ..watching.module_cache import ModuleCache

#: Seconds between two looks at the histories of Modules that are gone.
TIDY_PERIOD = 3600.0


class Changes:
    """The history of the Modules in ``store``; ``gateway`` is the id of this one, which each entry names.

    ``recorder`` is entered and left by its owner.
    """

    def __init__(self, store: ModuleStore, clock: StoreClock, gateway: str) -> None:
        self.gateway = gateway
        self._clock = clock
        self._store = HistoryStore(store.kv, clock=clock)
        self.recorder = HistoryRecorder(self._store, clock=clock)

    async def read(self, name: str) -> History:
        """The last changes of the Module ``name`` from the store.

        Raises InvalidArgument, Unavailable and its kind, and RemoteError for what cannot be read.
        """
        try:
            return await self._store.read(name)
        except DecodeError as error:
            raise RemoteError("the store", "DATA_LOSS", str(error)) from error

    def written(self, old: Module | None, new: Module) -> None:
        """A caller made ``new`` of ``old``; None: it is new itself."""
        self._tell(module_changes(old, new, new.revision, self._clock.time_ns()))

    def deleted(self, last: Module, revision: int) -> None:
        """A caller deleted the Module, at ``revision`` or later."""
        self._tell([deletion(last, self._clock.time_ns(), revision)])

    def put_over(self, level: ModuleLevel, control: Control) -> None:
        """A caller put ``control`` over what was ``level``."""
        module = level.module
        others = [each for each in level.controls if each.revision < control.revision]
        entry = override(module.name, control, module.spec, others, self._clock.time_ns())
        self._tell([] if entry is None else [entry])

    def ended(self, level: ModuleLevel, controls: Iterable[Control], revision: int) -> None:
        """A caller took ``controls`` of what was ``level`` away, at ``revision`` or later."""
        controls, module = list(controls), level.module
        left = [each for each in level.controls if each not in controls]
        now = self._clock.time_ns()
        found = [override_end(module.name, each, module.spec, left, now, revision) for each in controls]
        self._tell([each for each in found if each is not None])

    def overruled(self, level: ModuleLevel, control: Control) -> None:
        """This gateway took ``control`` away, since log-level was changed after it."""
        module = level.module
        now = self._clock.time_ns()
        found = override_end(module.name, control, module.spec, level.controls, now, module.revision + 1)
        if found is not None:
            self.recorder.tell([replace(found, reason=OVERRULED, gateway=self.gateway)])

    def saw(self, events: Iterable[Event]) -> None:
        """Modules were changed in the store, by this gateway or by anything else."""
        for event in events:
            old = None if event.before is None else event.before.module
            new = event.entry.module
            gone = event.type is ChangeType.DELETED
            found = module_changes(old, None if gone else new, event.revision, self._clock.time_ns())
            if found:
                self.recorder.see(as_seen(found))

    def saw_control(self, level: ModuleLevel, old: Control | None, new: Control | None, revision: int) -> None:
        """A control beside the Module of ``level`` is ``new`` in place of ``old`` since ``revision``; None is none."""
        name, spec, now = level.module.name, level.module.spec, self._clock.time_ns()
        others = [each for each in level.controls if each != new] + ([old] if old else [])
        found = None
        if new is not None:
            found = override(name, new, spec, others, now)
        elif old is not None:
            found = override_end(name, old, spec, level.controls, now, revision)
        if found is not None:
            self.recorder.see(as_seen([found]))

    def _tell(self, entries: list[HistoryEntry]) -> None:
        caller = current_caller()
        told = [replace(each, who=caller.name, address=caller.address, gateway=self.gateway) for each in entries]
        self.recorder.tell(told)


class HistoryKeeper(Caretaker):
    """Looks, every hour while it is entered, that the histories of Modules that are gone end a week later.

    Where this gateway sees a deletion it sees to that at once; this is for those that nothing has seen.
    """

    def __init__(self, store: ModuleStore, modules: ModuleCache, *, period: float = TIDY_PERIOD, clock: Clock) -> None:
        super().__init__("histories of modules that are gone stay in the store", period=period, clock=clock)
        self._modules = modules
        self._store = HistoryStore(store.kv, clock=clock)

    async def look(self) -> None:
        """Look once. Raises what the store raises."""
        if self._modules.synced:
            await self._store.tidy(entry.module.name for entry in self._modules.entries())
