"""Waiting until the agent of a Module says that the level that was asked for is in force."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ...backoff import Backoff
from ...errors import PreconditionFailed, Unavailable
from ...modules.access import ModuleAccess

if TYPE_CHECKING:
    from ...modules.module_level import ModuleLevel

#: How long ``corvo level`` waits after a change unless it is told otherwise.
PATIENCE = "5s"
_LONGEST_PAUSE = 0.5
# Seconds until what was written a moment ago is told, if it is.
_ANNOUNCED_WITHIN = 1.5


class LevelNotInForce(PreconditionFailed):
    """The agent of a Module has not put in force what was asked for, and says why."""


async def wait_in_force(modules: ModuleAccess, level: ModuleLevel, seconds: float) -> tuple[ModuleLevel, str]:
    """``level`` once it is in force, and what a person should know of that, "" for nothing.

    Raises LevelNotInForce with what keeps it from being so after ``seconds``, and Unavailable where no agent has
    announced itself, or it has said nothing of the level by then.
    """
    name = level.module.name
    if level.module.invalid:
        # Nothing that an agent would do was changed.
        return level, ""
    backoff = Backoff(0.05, _LONGEST_PAUSE)
    deadline = time.monotonic() + seconds
    while not level.holds(time.time_ns()):
        if time.monotonic() >= deadline:
            raise _missing(level, seconds)
        await _sleep(backoff.next())
        level = await modules.level(name)
    if level.applied is not None and level.applied.only_shown:
        return level, f"{name} has no level hook: the level only chooses which lines are shown"
    return level, ""


async def settled(modules: ModuleAccess, level: ModuleLevel) -> ModuleLevel:
    """``level`` as it is when its agent, which announces at most once a second, had the time to tell."""
    deadline = time.monotonic() + _ANNOUNCED_WITHIN
    while not _is_told(level) and time.monotonic() < deadline:
        await _sleep(_LONGEST_PAUSE / 2)
        level = await modules.level(level.module.name)
    return level


async def _sleep(seconds: float) -> None:
    # Late: the help of a command that may wait does not need it.
    import asyncio

    await asyncio.sleep(seconds)


def _is_told(level: ModuleLevel) -> bool:
    applied = level.applied
    return level.module.invalid != "" or applied is None or applied.fault != "" or level.holds(time.time_ns())


def _missing(level: ModuleLevel, seconds: float) -> Exception:
    name, applied = level.module.name, level.applied
    if applied is None:
        return Unavailable(f"the agent of {name}", "it has not announced itself; the level is set and waits for it")
    if applied.fault:
        holds = f"{applied.level} is in force" if applied.level else "it is not known what is in force"
        return LevelNotInForce(f"{applied.wanted} is not in force in {name}, {holds}: {applied.fault}")
    return Unavailable(f"the agent of {name}", f"it has not said within {seconds:g} s that the level is in force")
