"""Completes what people wrote by hand and neither an agent nor a writer looks after."""

from __future__ import annotations

import logging

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import NotFound
from ...modules.store import ModuleStore
from .caretaker import PERIOD, Caretaker
from .module_cache import ModuleCache

_log = logging.getLogger(__name__)

# Modules that one look completes.
_AT_ONCE = 100


class Completer(Caretaker):
    """Writes the Modules in ``store`` again that ``modules`` knows to be incomplete, every ``period`` seconds.

    Without their kind and self-link an API server of the original loses them, and fails to watch all others. Those
    that are invalid wait for the person who mends them.
    """

    def __init__(
        self, store: ModuleStore, modules: ModuleCache, *, period: float = PERIOD, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        super().__init__("Modules without kind or self-link stay as they are", period=period, clock=clock)
        self._store = store
        self._modules = modules

    async def look(self) -> None:
        """Complete those that are known now. Raises what the store raises."""
        for name in sorted(self._modules.incomplete)[:_AT_ONCE]:
            try:
                completed = await self._store.modify(name, lambda module: module)
            except NotFound:
                continue
            _log.info("module %s had no kind or no self-link and is completed, at %d", name, completed.revision)
