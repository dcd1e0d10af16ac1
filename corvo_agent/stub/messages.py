"""The messages between a stub and its hub, and the level in one of them.

::

    stub  hello     pid, version, python, level (whether it has one), values: it has begun
          applied   seq, fault: the level of that number is in force, or why it is not
          counters  values: what its counters have counted since it began
          heard     id
          answer    id, and type_url with bytes, or stats, or error
          bye       values: it ends by its own will
    hub   welcome   pid
          refused   reason: this process is not heard
          state     address, problem
          level     seq, state: the level that has to hold
          ask       id, query, parameters, timeout
          cancel    id
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..levels.level import Level
from ..levels.state import LevelSource, LevelState


def pack_level(state: LevelState) -> list[dict[str, Any]]:
    """``state`` and those that follow it in JSON types, side by side: there may be many."""
    packed = []
    following: LevelState | None = state
    while following is not None:
        packed.append(
            {
                "level": None if following.level is None else int(following.level),
                "source": following.source.value,
                "until": following.until,
                "by": following.by,
                "reason": following.reason,
                "scope": following.scope,
                "loggers": {name: int(level) for name, level in following.loggers.items()},
                "ends": dict(following.logger_ends),
                "trace": following.enable_trace,
            }
        )
        following = following.then
    return packed


def unpack_level(packed: Sequence[Mapping[str, Any]]) -> LevelState:
    """The reverse of ``pack_level``. Raises LookupError, TypeError or ValueError for anything else."""
    state: LevelState | None = None
    for each in reversed(packed):
        level, scope = each["level"], each["scope"]
        state = LevelState(
            level=None if level is None else Level(level),
            source=LevelSource(each["source"]),
            until=int(each["until"]),
            by=str(each["by"]),
            reason=str(each["reason"]),
            scope=scope if isinstance(scope, str) else tuple(map(str, scope)),
            loggers={name: Level(number) for name, number in each["loggers"].items()},
            logger_ends={name: int(end) for name, end in each["ends"].items()},
            enable_trace=bool(each["trace"]),
            then=state,
        )
    if state is None:
        raise ValueError("no level")
    return state
