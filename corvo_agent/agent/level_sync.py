"""Keeps the level that holds in step with the Module, its controls and time: these end by themselves, etcd or not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import InvalidArgument
from ..levels.filter import refresh_filter
from ..levels.layer import LevelLayer
from ..levels.level import Level
from ..levels.state import LevelState
from ..modules.controls.control import Control
from ..modules.controls.rule import effective_state, newest
from ..modules.model import Module, ModuleSpec

_log = logging.getLogger(__name__)

#: Seconds between two looks at the clock: how late a jump of the wall clock may be noticed.
RECHECK_INTERVAL = 5.0
_SHORTEST_PAUSE = 0.001

#: Puts a state into force; quick, called on the event loop. What it raises is logged, and it is called again later.
ApplyLevel = Callable[[LevelState], object]


# The layer of those who use a LevelSync by itself; each Agent has one of its own.
_PROCESS = LevelLayer()


def apply_to_process(state: LevelState) -> None:
    """Put ``state`` into force in this process: in ``logging``, and in every ``LevelListener``.

    Over what the application configured (``reset_filter``), which stays as it is. Quick and callable from any thread.
    Raises ResourceExhausted when ``state`` names too many loggers.
    """
    _PROCESS.apply(state)


@dataclass(frozen=True, slots=True)
class LevelSyncStatistics:
    """How a LevelSync is doing.

    ``applied`` states were put into force, ``failed`` attempts raised, ``refused`` specs had a level of no known name,
    ``expired`` controls ended while they were watched. ``pending`` is whether the state is still to be applied again.
    """

    applied: int
    failed: int
    refused: int
    expired: int
    pending: bool


class LevelSync:
    """Applies the level of a Module: the newest control while it lasts, else ``log-level``, else ``default``.

    The default is as the application configured, None, unless another is given.

    ``update`` takes what the watcher sees. ``run`` watches the time: it ends controls, notices within
    ``RECHECK_INTERVAL`` that the wall clock jumped, applies again what could not be applied, and calls ``refresh``
    for what was set up meanwhile. A control that has ended once stays ended, even when the clock is put back; it is
    taken out of the store by its lease, or by a gateway.

    A spec with a level that names none changes nothing and is warned about once. All methods belong to the event
    loop's thread.
    """

    def __init__(
        self,
        *,
        clock: Clock = SYSTEM_CLOCK,
        default: Level | None = None,
        apply: ApplyLevel = apply_to_process,
        refresh: Callable[[], object] = refresh_filter,
    ) -> None:
        self._clock = clock
        self._default = default
        self._apply = apply
        self._refresh = refresh
        self._module: Module | None = None
        self._controls: tuple[Control, ...] = ()
        self._state: LevelState | None = None
        # The controls that have ended, and are not to come back with the clock.
        self._ended: set[Control] = set()
        # The level text that was warned about last.
        self._refused_text = ""
        self._pending = False
        self._sleeper: asyncio.Task[None] | None = None
        self._applied = self._failed = self._refused = self._expired = 0

    @property
    def state(self) -> LevelState:
        """What has to hold now: level, why, until when."""
        return self._state or LevelState(self._default)

    @property
    def module(self) -> Module | None:
        """The Module that the state comes from; None when there is none."""
        return self._module

    def statistics(self) -> LevelSyncStatistics:
        """How it is doing."""
        return LevelSyncStatistics(self._applied, self._failed, self._refused, self._expired, self._pending)

    def update(self, module: Module | None, controls: Iterable[Control] = ()) -> None:
        """Follow ``module`` and its ``controls`` from now on; None when it was deleted. Applies at once.

        While there is no Module its controls do not count.
        """
        if module is None or not self._refuses(module):
            self._module = module
        self._controls = tuple(newest(controls))
        self._ended.intersection_update(self._controls)
        self._evaluate()
        if self._sleeper is not None:
            # The end of a new override may be nearer than the next look at the clock.
            self._sleeper.cancel()

    async def run(self) -> None:
        """Watch the time until cancelled; before the first ``update`` the default holds."""
        # The group owns the sleeper: nothing is left behind when this is cancelled.
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._evaluate()
                self._refresh_quietly()
                self._sleeper = tasks.create_task(self._clock.sleep(self._pause()), name="corvo-level-sync")
                try:
                    await asyncio.wait((self._sleeper,))
                finally:
                    self._sleeper = None

    def _refuses(self, module: Module) -> bool:
        text = module.spec.log_level
        known = not text or _is_level(text)
        if not known and text != self._refused_text:
            _log.warning(
                "%s at revision %d: the level stays as it is: unknown level %s", module.name, module.revision, text
            )
        self._refused += not known
        self._refused_text = "" if known else text
        return not known

    def _evaluate(self) -> None:
        """Work out what has to hold now, and apply it if it is something else than before."""
        now = self._clock.time_ns()
        for control in self._controls:
            if control not in self._ended and not control.active(now):
                self._ended.add(control)
                self._expired += 1
        spec, controls = ModuleSpec(), list[Control]()
        if self._module is not None:
            spec = self._module.spec
            controls = [control for control in self._controls if control not in self._ended]
        state = effective_state(spec, now, self._default, controls)
        if state != self._state or self._pending:
            self._put_in_force(state)

    def _put_in_force(self, state: LevelState) -> None:
        # Before it is applied: what is shown is what has to hold, also while that fails.
        was, self._state = self.state, state
        told = state.level == was.level and state.loggers == was.loggers
        if not told and (state.level is None or state.level > Level.INFO) and _log.isEnabledFor(logging.INFO):
            # What is to come may hide the line.
            told = True
            _tell(was, state)
        try:
            self._apply(state)
        except Exception:
            self._failed += 1
            if not self._pending:
                _log.exception("the level could not be changed to %s, trying again", state)
            self._pending = True
        else:
            self._applied += 1
            self._pending = False
            if not told:
                _tell(was, state)

    def _refresh_quietly(self) -> None:
        try:
            self._refresh()
        except Exception:
            self._failed += 1
            _log.exception("levels could not be refreshed")

    def _pause(self) -> float:
        """Seconds until the next look: when the first control ends, and no later than the recheck."""
        until = self.state.changes_at
        if not until:
            return RECHECK_INTERVAL
        return min(RECHECK_INTERVAL, max(_SHORTEST_PAUSE, (until - self._clock.time_ns()) / 1e9))


def _is_level(text: str) -> bool:
    try:
        Level.parse(text)
    except InvalidArgument:
        return False
    return True


def _tell(was: LevelState, now: LevelState) -> None:
    # At Info, not as an audit line: what watches for severe records would raise an alarm at each change.
    shown = {"level_to" if key == "level" else key: value for key, value in now.as_json().items()}
    _log.info("log level changed", extra={"level_from": was.level_text, **shown})
