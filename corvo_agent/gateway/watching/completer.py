"""Completes what people wrote by hand and neither an agent nor a writer looks after."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Self

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import CorvoError, NotFound, PermissionRefused
from ...modules.store import ModuleStore
from ...tasks import end_task
from .module_cache import ModuleCache

_log = logging.getLogger(__name__)

#: Seconds between two looks: an agent or a writer whose Module it is has completed it by then.
PERIOD = 10.0
# Modules that one look completes.
_AT_ONCE = 100


class Completer:
    """Writes the Modules in ``store`` again that ``modules`` knows to be incomplete, every ``period`` seconds.

    Without their kind and self-link an API server of the original loses them, and fails to watch all others. Those
    that are invalid wait for the person who mends them. Several gateways do no harm to each other. One that may not
    write leaves them, and says so once.
    """

    def __init__(
        self, store: ModuleStore, modules: ModuleCache, *, period: float = PERIOD, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._store = store
        self._modules = modules
        self._period = period
        self._clock = clock
        self._refused = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to look; does not wait for the store."""
        self._task = asyncio.create_task(self._run(), name="corvo-completer")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        if self._task is not None:
            await end_task(self._task)

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(self._period)
            try:
                await self.look()
            except PermissionRefused as error:
                if not self._refused:
                    _log.warning("Modules without kind or self-link stay as they are: %s", error)
                self._refused = True
            except CorvoError as error:
                _log.debug("incomplete Modules are looked at again later: %s", error)

    async def look(self) -> None:
        """Complete those that are known now. Raises what the store raises."""
        for name in sorted(self._modules.incomplete)[:_AT_ONCE]:
            try:
                completed = await self._store.modify(name, lambda module: module)
            except NotFound:
                continue
            _log.info("module %s had no kind or no self-link and is completed, at %d", name, completed.revision)
