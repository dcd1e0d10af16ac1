"""The controls of the agent's own Module: which of them count, and the end of those that etcdctl has overruled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ..backoff import Backoff
from ..clock import Clock
from ..errors import CorvoError, PermissionRefused
from ..modules.callbacks import WatchStep
from ..modules.controls.control import Control
from ..modules.controls.last_word import end_overruled, was_overruled
from ..modules.controls.store import ControlStore
from ..modules.controls.view import ControlsView
from ..modules.kv import KeyValueStore
from ..modules.model import Module

_log = logging.getLogger(__name__)

#: Most seconds between two attempts to ask the store, or to write to it.
_LONGEST_PAUSE = 30.0


class Overriding:
    """Follows the controls of the Module ``name`` in ``kv`` as ``take`` is told of them, and calls ``update``.

    A control that a change of ``log-level`` has ended counts no longer at once, and is taken out of the store by
    ``run``, which also finds out what happened to the level while no agent was there to see it; ``ended`` is told
    of those that it took out.
    """

    def __init__(
        self,
        name: str,
        kv: KeyValueStore,
        update: Callable[[Module | None, tuple[Control, ...]], object],
        *,
        clock: Clock,
        ended: Callable[[Control], object] | None = None,
    ) -> None:
        self._name = name
        self._kv = kv
        self._store = ControlStore(kv, clock=clock)
        self._update = update
        self._ended = ended
        self._clock = clock
        self._view = ControlsView()
        self._module: Module | None = None
        self._moved = asyncio.Event()
        self._refused = False
        self._warned = False

    @property
    def known(self) -> tuple[Control, ...]:
        """The controls that are in the store, whether they count or not."""
        return (*self._view.controls, *self._view.overruled)

    def take(self, step: WatchStep) -> None:
        """Learn of ``step``, and have the level that follows from it put in force."""
        self._view.take(step.beside)
        for change in step.changes:
            self._view.see(change.new, change.revision, exact=step.exact)
        if not step.exact and step.module is not None and not step.changes:
            # A control alone may have been missed, and what came after it.
            self._view.see(step.module, step.module.revision, exact=False)
        self._module = step.module
        self._warn_of_old_parts()
        self._tell()

    async def run(self) -> None:
        """Ask for what was not seen, and take what was overruled out of the store, until cancelled."""
        backoff = Backoff(maximum=_LONGEST_PAUSE)
        while True:
            try:
                await self._work()
            except PermissionRefused as error:
                # Reading controls is all that an agent needs: a gateway sees to the rest.
                if not self._refused:
                    _log.info("overruled controls of %s are left to a gateway: %s", self._name, error)
                self._refused = True
                self._moved.clear()
                await self._moved.wait()
            except CorvoError as error:
                _log.debug("controls of %s are looked at again later: %s", self._name, error)
                await self._clock.sleep(backoff.next())
            else:
                backoff.reset()
                await self._moved.wait()

    async def _work(self) -> None:
        self._moved.clear()
        module = self._module
        if module is None:
            return
        for control in self._view.doubtful:
            ended = await was_overruled(self._kv, self._name, module.spec.log_level, control)
            self._view.settle(control, ended=ended)
            if ended:
                self._tell()
        for control in self._view.overruled:
            ended = await end_overruled(self._store, self._name, module.spec.log_level, control)
            if ended and self._ended is not None:
                self._ended(control)

    def _tell(self) -> None:
        self._update(self._module, self._view.controls)
        self._moved.set()

    def _warn_of_old_parts(self) -> None:
        spec = {} if self._module is None else self._module.raw.get("spec", {})
        old = [key for key in ("override", "loggers") if spec.get(key)]
        if old and not self._warned:
            self._warned = True
            _log.warning(
                "%s of %s is ignored: an older version wrote it into the Module, corvo level sets controls beside it",
                " and ".join(old),
                self._name,
            )
