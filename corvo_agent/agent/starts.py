"""Reports starts to the Module, and its status again when a person has put the Module by hand without one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from ..errors import CorvoError
from ..modules.callbacks import ModuleChange
from ..modules.model import Module, ModuleStatus
from ..modules.registration import StartReport, register
from ..modules.store import ModuleStore
from ..sidecar.target.follower import TargetFollower
from ..sidecar.target.report import start_of_target
from .background import Background

_log = logging.getLogger(__name__)


class Starts:
    """Reports what ``report`` says of this process to its Module in ``store``, or each start of ``target``.

    ``background`` owns what has to be written later.
    """

    def __init__(
        self,
        store: ModuleStore,
        report: Callable[[], StartReport],
        background: Background,
        target: TargetFollower | None,
    ) -> None:
        self._store = store
        self._own_report = report
        self._background = background
        self._target = target

    async def run(self) -> None:
        """Report the start of this process, or each one of the target until it is cancelled."""
        if self._target is None:
            await register(self._store, self._report())
            return
        await self._target.looked()
        reported = 0
        while True:
            start = self._target.start
            # The Module has to be there also while the target is not.
            await register(self._store, self._report(reported))
            reported = 0 if start is None else start.number
            await self._target.started_after(reported)

    def keep_status(self, change: ModuleChange) -> None:
        """Write the status again when a person has put the Module by hand with a spec alone."""
        if change.new is not None and not _is_reported(change.new.status):
            lost = ModuleStatus() if change.old is None else change.old.status
            self._background.start(self._report_again(lost), "corvo-report-again")

    async def _report_again(self, status: ModuleStatus) -> None:
        def with_status(module: Module) -> Module:
            return module if _is_reported(module.status) else replace(module, status=status)

        report = self._report()
        try:
            await self._store.modify(report.name, with_status)
        except CorvoError as error:
            _log.warning("the status of %s is lost: %s", report.name, error)
        else:
            await register(self._store, report)

    def _report(self, reported: int = 0) -> StartReport:
        report = self._own_report()
        return report if self._target is None else start_of_target(report, self._target.start, reported)


def _is_reported(status: ModuleStatus) -> bool:
    # A target that has not been seen yet has no start, but the configuration says where it is to be.
    return bool(status.last_start or status.node)
