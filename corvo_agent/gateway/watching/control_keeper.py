"""Takes controls out of the store that are over: those that people wrote without a lease, and overruled ones."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ...clock import SYSTEM_CLOCK, Clock
from ...modules.controls.control import Control
from ...modules.controls.last_word import end_overruled, was_overruled
from ...modules.controls.store import KEPT_AFTER_END, ControlStore
from ...modules.model import Module
from ...modules.store import ModuleStore
from ...modules.store_clock import StoreClock
from .caretaker import PERIOD, Caretaker
from .endpoint_cache import EndpointCache
from .module_cache import ModuleCache

_log = logging.getLogger(__name__)


class ControlKeeper(Caretaker):
    """Looks at the controls in ``beside`` every ``period`` seconds while it is entered.

    One that ended an hour ago, by the store's time, is deleted; so is one of a whole process when the log-level of its
    Module in ``modules`` was changed after it, which ``ended`` is told.
    """

    def __init__(
        self,
        store: ModuleStore,
        modules: ModuleCache,
        beside: EndpointCache,
        *,
        period: float = PERIOD,
        clock: Clock = SYSTEM_CLOCK,
        ended: Callable[[Module, Control], object] | None = None,
    ) -> None:
        # By the store's time, which the ends of controls are in.
        clock = self._store_clock = StoreClock(clock, store)
        super().__init__("controls that are over stay in the store", period=period, clock=clock)
        self._ended = ended
        self._kv = store.kv
        self._modules = modules
        self._beside = beside
        self._controls = ControlStore(store.kv, clock=clock)
        # Those that were found to stand, with the revision of the Module up to which that is known.
        self._standing: dict[tuple[str, Control], int] = {}

    async def look(self) -> None:
        """Look at all of them once. Raises what the store raises."""
        if not (self._modules.synced and self._beside.synced):
            return
        standing: dict[tuple[str, Control], int] = {}
        for name, controls in self._beside.controlled():
            entry = self._modules.get(name)
            for control in controls:
                if self._is_over(control):
                    if await self._controls.delete(name, control):
                        _log.info("control %s of %s has ended and is taken away", control.id, name)
                elif entry is not None and not control.logger and not entry.module.invalid:
                    await self._check(entry.module, control, standing)
        self._standing = standing

    def _is_over(self, control: Control) -> bool:
        """Whether it ended long enough ago for its lease, had it one, to be over; the clock may be wrong."""
        latest = self._store_clock.time_ns() - round((KEPT_AFTER_END + self._store_clock.doubt()) * 1e9)
        return not control.active(latest)

    async def _check(self, module: Module, control: Control, standing: dict[tuple[str, Control], int]) -> None:
        key = module.name, control
        if module.revision <= control.revision or self._standing.get(key, 0) >= module.revision:
            standing[key] = module.revision
            return
        if await was_overruled(self._kv, module.name, module.spec.log_level, control):
            ended = await end_overruled(self._controls, module.name, module.spec.log_level, control)
            if ended and self._ended is not None:
                self._ended(module, control)
        else:
            standing[key] = module.revision
