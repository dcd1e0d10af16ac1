"""What an agent announces of its level: the one in force, since when and why, or what keeps the wanted one from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..clock import SYSTEM_CLOCK, Clock
from ..levels.state import LevelState
from ..modules.announcing.endpoint import AppliedLevel
from .level_sync import ApplyLevel


class LevelReport:
    """Follows what ``around`` applies, and calls ``tell`` with each AppliedLevel that is another one than before.

    ``fault`` is asked what still keeps an applied state from being in force, "" for nothing: level hooks take their
    time; ``look`` is to be called when its answer may be another. ``only_shown`` is for an agent that changes nothing
    inside the process. All of it belongs to the event loop's thread.
    """

    def __init__(
        self, *, clock: Clock = SYSTEM_CLOCK, fault: Callable[[], str] = str, only_shown: bool = False
    ) -> None:
        #: Where it goes; set by whoever announces it.
        self.tell: Callable[[AppliedLevel], object] = lambda level: None
        self._clock = clock
        self._fault = fault
        self._only_shown = only_shown
        self._wanted: LevelState | None = None
        self._in_force: LevelState | None = None
        self._since = 0
        self._level: AppliedLevel | None = None

    @property
    def level(self) -> AppliedLevel | None:
        """What was told last; None before anything was applied."""
        return self._level

    def around(self, apply: ApplyLevel) -> ApplyLevel:
        """``apply``, followed; it raises what ``apply`` raises."""

        def followed(state: LevelState) -> None:
            self._wanted = state
            try:
                apply(state)
            except Exception as error:
                self._update(state, str(error) or type(error).__name__)
                raise
            self._update(state, self._fault())

        return followed

    def look(self) -> None:
        """Ask for the fault once more."""
        if self._wanted is not None:
            self._update(self._wanted, self._fault())

    def _update(self, wanted: LevelState, fault: str) -> None:
        if not fault:
            if self._in_force is None or _of(self._in_force) != _of(wanted):
                self._since = self._clock.time_ns()
            self._in_force = wanted
        now = AppliedLevel(wanted=wanted.level_text if fault else "", fault=fault, only_shown=self._only_shown)
        if (holds := self._in_force) is not None:
            now = replace(
                now,
                level=holds.level_text,
                source=holds.source.value,
                since=self._since,
                until=holds.until,
                by=holds.by,
                reason=holds.reason,
                loggers={name: level.text for name, level in holds.loggers.items()},
                logger_ends=dict(holds.logger_ends),
            )
        if now != self._level:
            self._level = now
            self.tell(now)


def _of(state: LevelState) -> tuple[object, ...]:
    """What is told of ``state``: not what follows it, which is another one each time that a control ends."""
    return (
        state.level,
        state.source,
        state.until,
        state.by,
        state.reason,
        state.loggers,
        state.logger_ends,
    )
