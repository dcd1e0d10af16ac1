"""The one rule of levels: the newest control of the process while it lasts, else ``log-level``; loggers besides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...levels.level import Level
from ...levels.state import LevelSource, LevelState
from ..model import ModuleSpec
from .control import MAX_CONTROLS, Control

# Most ends that a state knows in advance; at each of them the rest is worked out anew.
_ENDS = 32


def effective_state(
    spec: ModuleSpec, now: int, default: Level | None = None, controls: Iterable[Control] = ()
) -> LevelState:
    """The level that has to hold at wall time ``now`` (nanoseconds since the epoch), and why, and what follows it.

    Of the ``controls`` that last, the one with the highest revision counts for each logger, and for the process (no
    logger) before ``log-level``; an empty ``log-level`` means ``default`` (None: as the process was configured), one
    that names no level ``INFO``. Of more than ``MAX_CONTROLS`` the newest count.
    """
    lasting = [control for control in newest(controls) if control.active(now)]
    states = [_at(spec, lasting, now, default)]
    while states[-1].changes_at and len(states) <= _ENDS:
        states.append(_at(spec, lasting, states[-1].changes_at, default))
    state = states.pop()
    while states:
        state = states.pop()._replace(then=state)
    return state


def effective_level(
    spec: ModuleSpec, now: int, default: Level | None = None, controls: Iterable[Control] = ()
) -> Level | None:
    """The level of ``effective_state``."""
    return effective_state(spec, now, default, controls).level


def newest(controls: Iterable[Control]) -> list[Control]:
    """``controls`` from the newest on, at most ``MAX_CONTROLS``."""
    return sorted(controls, key=lambda control: (control.revision, control.id), reverse=True)[:MAX_CONTROLS]


def _at(spec: ModuleSpec, controls: Sequence[Control], moment: int, default: Level | None) -> LevelState:
    """What holds at ``moment``; ``controls`` from the newest on."""
    winners: dict[str, Control] = {}
    for control in controls:
        if control.active(moment):
            winners.setdefault(control.logger, control)
    process = winners.pop("", None)
    level, source = default, LevelSource.DEFAULT
    if spec.log_level:
        level, source = Level.of(spec.log_level), LevelSource.LOG_LEVEL
    state = LevelState(
        level,
        source,
        loggers={name: Level.of(control.level) for name, control in sorted(winners.items())},
        logger_ends={name: control.until for name, control in sorted(winners.items()) if control.until},
        enable_trace=spec.enable_trace,
    )
    if process is None:
        return state
    return state._replace(
        level=Level.of(process.level),
        source=LevelSource.OVERRIDE,
        until=process.until,
        by=process.by,
        reason=process.reason,
        scope=process.scope,
    )
