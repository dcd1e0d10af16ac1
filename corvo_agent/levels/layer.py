"""The layer of one agent over the levels that the application configured, and its end in processes forked meanwhile."""

from __future__ import annotations

import _thread
import os
import time

from .in_force import IN_FORCE
from .level_filter import LevelFilter, Scope
from .state import LevelState

# Seconds between two looks at the clock in a forked process: how late a jump of the wall clock may be noticed.
_RECHECK = 5.0


class LevelLayer:
    """What one agent wants of the levels of this process; taking it away leaves all else as it is.

    Any number of layers may be over the application's own (``reset_filter``); the one that changed last counts. A
    process that is forked while an override holds has no agent to end it: a thread of its own does it there, at the
    same time of the wall clock. ``scope`` is what a level below Info reaches, see ``LevelFilter``. Its methods may be
    called from any thread.
    """

    def __init__(self, scope: Scope = "app") -> None:
        self._scope = scope
        # The wall time, in nanoseconds, at which what holds ends by itself, and what follows.
        self._ends: tuple[int, LevelFilter | None] | None = None

    def apply(self, state: LevelState) -> None:
        """Put ``state`` in force: in ``logging``, and in every ``LevelListener``.

        Raises ResourceExhausted when it names too many loggers.
        """
        level_filter = state.filter_in(self._scope)
        then = None if state.then is None else state.then.filter_in(self._scope)
        self._ends = (state.until, then) if state.until else None
        # Only layers that something ends are known to the hook: a fork costs the others nothing.
        if self._ends is not None:
            _ENDING[self] = None
        else:
            _ENDING.pop(self, None)
        IN_FORCE.replace(self, "", level_filter)

    def close(self) -> None:
        """Take it away: what the application configured holds again, or another agent's layer. May be called again."""
        self._ends = None
        _ENDING.pop(self, None)
        IN_FORCE.replace(self, "", None)

    def end(self, now: int) -> float:
        """Let what follows hold if its time is over at wall time ``now``; how many seconds it goes on otherwise."""
        ends = self._ends
        if ends is None:
            return 0.0
        until, then = ends
        if now < until:
            return (until - now) / 1e9
        self._ends = None
        IN_FORCE.replace(self, "", then)
        return 0.0


# Layers whose state ends by itself: keys, in the order of their coming.
_ENDING: dict[LevelLayer, None] = {}


def _forked() -> None:
    """In a new child: an agent would be needed to end what holds, and a fork takes no thread along."""
    if _ENDING:
        # Not threading.Thread, which waits for its start; nothing else happens in the hook itself.
        _thread.start_new_thread(_end_in_child, ())


def _end_in_child() -> None:
    while True:
        left = [seconds for layer in list(_ENDING) if (seconds := layer.end(time.time_ns()))]
        if not left:
            return
        time.sleep(min(_RECHECK, *left))


os.register_at_fork(after_in_child=_forked)
