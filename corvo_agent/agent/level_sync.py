"""Keeps the level that holds in step with the Module and with time: an override ends by itself, etcd or not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import InvalidArgument
from ..levels.filter import refresh_filter
from ..levels.layer import LevelLayer
from ..levels.level import Level
from ..levels.state import LevelState
from ..modules.model import LevelOverride, Module, ModuleSpec, effective_state
from .level_expiry import ExpiredCallback, ExpiryNotice

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

    ``applied`` states were put into force, ``failed`` attempts raised, ``refused`` specs had levels of
    no known name, ``expired`` overrides ended while they were watched. ``pending`` is whether the state is still to be
    applied again, ``uncleared`` whether an ended override is still to be cleared.
    """

    applied: int
    failed: int
    refused: int
    expired: int
    pending: bool
    uncleared: bool


class LevelSync:
    """Applies the level of a Module: the override while it lasts, else ``log-level``, else ``default``.

    The default is as the application configured, None, unless another is given.

    ``update`` takes what the watcher sees. ``run`` watches the time: it ends overrides, notices within
    ``RECHECK_INTERVAL`` that the wall clock jumped, applies again what could not be applied, and calls ``refresh``
    for what was set up meanwhile. An override that has ended once stays ended, even when the clock is put back.
    ``on_override_expired`` is called with the Module whose override has ended, so that it can be cleared from the
    object; plain or async, at most ``hook_timeout`` seconds, again at each recheck until it returns or the override is
    gone. It is not called for an override that had ended when it was first seen, nor before ``doubt`` seconds, by which
    ``clock`` may be wrong, have passed: an agent whose clock is wrong takes nothing away from the others.

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
        on_override_expired: ExpiredCallback = lambda module: None,
        hook_timeout: float = 5.0,
        doubt: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._clock = clock
        self._doubt = doubt
        self._default = default
        self._apply = apply
        self._refresh = refresh
        self._notice = ExpiryNotice(on_override_expired, hook_timeout)
        self._module: Module | None = None
        self._state: LevelState | None = None
        # The override that was seen before its end.
        self._lasting: LevelOverride | None = None
        # The override that has ended, and is not to come back with the clock.
        self._ended: LevelOverride | None = None
        # The level texts that were warned about last.
        self._refused_texts: tuple[str, ...] = ()
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
        return LevelSyncStatistics(
            self._applied, self._failed, self._refused, self._expired, self._pending, self._notice.pending
        )

    def update(self, module: Module | None) -> None:
        """Follow ``module`` from now on; None when it was deleted. Applies at once."""
        if module is not None and self._refuses(module):
            return
        self._module = module
        self._evaluate()
        if self._sleeper is not None:
            # The end of a new override may be nearer than the next look at the clock.
            self._sleeper.cancel()

    async def run(self) -> None:
        """Watch the time until cancelled; before the first ``update`` the default holds."""
        # The group owns sleeper and teller: nothing is left behind when this is cancelled.
        async with asyncio.TaskGroup() as tasks:
            teller: asyncio.Task[None] | None = None
            while True:
                self._evaluate()
                self._refresh_quietly()
                if self._notice.pending and (teller is None or teller.done()):
                    teller = tasks.create_task(self._notice.tell(), name="corvo-override-expired")
                self._sleeper = tasks.create_task(self._clock.sleep(self._pause()), name="corvo-level-sync")
                try:
                    await asyncio.wait((self._sleeper,))
                finally:
                    self._sleeper = None

    def _refuses(self, module: Module) -> bool:
        texts = _unknown_levels(module.spec)
        if texts and texts != self._refused_texts:
            _log.warning(
                "%s at revision %d: the level stays as it is: unknown level %s",
                module.name,
                module.revision,
                ", ".join(texts),
            )
        self._refused += bool(texts)
        self._refused_texts = texts
        return bool(texts)

    def _evaluate(self) -> None:
        """Work out what has to hold now, and apply it if it is something else than before."""
        spec = ModuleSpec() if self._module is None else self._module.spec
        if self._has_ended(spec.override):
            self._notice.put(self._module if self._may_be_cleared(spec.override) else None)
            spec = replace(spec, override=None)
        else:
            self._notice.put(None)
        state = effective_state(spec, self._clock.time_ns(), self._default)
        if state != self._state or self._pending:
            self._put_in_force(state)

    def _has_ended(self, override: LevelOverride | None) -> bool:
        if override is None:
            return False
        if override != self._ended:
            if override.active(self._clock.time_ns()):
                self._lasting = override
            else:
                self._ended = override
                self._expired += 1
        return override == self._ended

    def _may_be_cleared(self, override: LevelOverride | None) -> bool:
        """Whether an override that has ended for us has done so for all."""
        if override is None or override != self._lasting:
            return False
        return not override.active(self._clock.time_ns() - round(self._doubt() * 1e9))

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
        """Seconds until the next look: when the override ends, and no later than the recheck."""
        until = self.state.until
        if not until:
            return RECHECK_INTERVAL
        return min(RECHECK_INTERVAL, max(_SHORTEST_PAUSE, (until - self._clock.time_ns()) / 1e9))


def _unknown_levels(spec: ModuleSpec) -> tuple[str, ...]:
    texts = [spec.log_level, *spec.loggers.values()]
    if spec.override is not None:
        texts.append(spec.override.level)
    return tuple(text for text in texts if text and not _is_level(text))


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
