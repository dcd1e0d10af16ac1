"""Keeps the agent's Module in the store: each start is reported, and what vanished is written again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from ..clock import Clock
from ..errors import Unavailable
from ..modules.model import Module, ModuleStatus
from ..modules.registration import StartReport, is_reported, register
from ..modules.store import ModuleStore
from ..modules.vanished import DELETION_PAUSE
from ..modules.watcher import ModuleWatcher
from ..sidecar.target.follower import TargetFollower
from ..sidecar.target.report import start_of_target

_log = logging.getLogger(__name__)
# Seconds between two writes of what is lost again and again.
_PAUSE = 0.1


class Registration:
    """Writes what ``report`` says of this process, or of ``target``, into its Module in ``store``.

    ``watcher`` follows that Module. One that was deleted is created again after ``DELETION_PAUSE`` seconds unless
    another client does so first, with its labels and without a spec; one that a store has lost, at once and as it was.
    A status that a person has left out comes back, and what the original cannot do without. ``report_starts`` and
    ``keep`` are the two tasks of it; neither gives up while the store is away or refuses.
    """

    def __init__(
        self,
        store: ModuleStore,
        watcher: ModuleWatcher,
        report: Callable[[], StartReport],
        target: TargetFollower | None,
        clock: Clock,
    ) -> None:
        self._store = store
        self._watcher = watcher
        self._own_report = report
        self._target = target
        self._clock = clock
        self._reported = asyncio.Event()
        # A start that comes while the Module is about to be written again must not create another one.
        self._writing = asyncio.Lock()
        self._status = ModuleStatus()

    async def report_starts(self) -> None:
        """Report the start of this process, or each one of the target until it is cancelled."""
        if self._target is not None:
            await self._target.looked()
        reported = 0
        while True:
            start = None if self._target is None else self._target.start
            async with self._writing:
                # The Module has to be there also while the target is not.
                await self._write(self._report(reported))
            self._reported.set()
            if self._target is None:
                return
            reported = 0 if start is None else start.number
            await self._target.started_after(reported)

    async def keep(self) -> None:
        """Write the Module, or its status, again whenever it is lost, until cancelled or the watcher is closed."""
        await self._reported.wait()
        # Only a watcher that is closed raises it here: the agent stops.
        with suppress(Unavailable):
            while True:
                await self._watcher.wait_for(self._is_lost)
                async with self._writing:
                    await self._write_lost()

    async def _write_lost(self) -> None:
        vanished = self._watcher.vanished
        if self._watcher.absent and (vanished is None or vanished.pause):
            await self._returned()
        if self._is_lost(self._watcher.module):
            written = await self._write(self._report())
            # The watch may lag behind our own write; what it sees later is another client's.
            await self._returned(written.revision)
            if self._is_lost(self._watcher.module):
                # Whoever leaves the status out each time that we write it shall not make us write without end.
                await self._clock.sleep(_PAUSE)

    def _is_lost(self, module: Module | None) -> bool:
        if self._watcher.absent or module is None:
            return self._watcher.absent
        if is_reported(module.status):
            self._status = module.status
            return module.incomplete
        return True

    async def _write(self, report: StartReport) -> Module:
        vanished = self._watcher.vanished
        if vanished is not None:
            why = "the store has lost it" if vanished.replaced else "it was deleted"
            _log.warning("module %s is written again: %s", report.name, why)
        before = Module(status=self._status) if vanished is None else vanished.restored()
        written = await register(self._store, report, before=before)
        self._status = written.status
        return written

    async def _returned(self, written: int = 0) -> None:
        """Wait until the watcher sees the Module whole, or as it was at the revision ``written`` or later.

        For ``DELETION_PAUSE`` seconds at most. One that is not there at all is waited for in any case.
        """

        def is_back(module: Module | None) -> bool:
            later = written and module is not None and module.revision >= written and not self._watcher.absent
            return bool(later) or not self._is_lost(module)

        timer = asyncio.ensure_future(self._clock.sleep(DELETION_PAUSE))
        back = asyncio.ensure_future(self._watcher.wait_for(is_back))
        try:
            await asyncio.wait({timer, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            back.cancel()
            await asyncio.wait({timer, back})
        if not back.cancelled():
            back.result()

    def _report(self, reported: int = 0) -> StartReport:
        report = self._own_report()
        return report if self._target is None else start_of_target(report, self._target.start, reported)
