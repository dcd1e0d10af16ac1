"""The layer of one agent over the levels that the application configured, and its end in processes forked meanwhile."""

from __future__ import annotations

import _thread
import time

from ..forks import when_forked
from .in_force import IN_FORCE
from .level_filter import LevelFilter, Scope
from .state import LevelState

# Seconds between two looks at the clock in a forked process: how late a jump of the wall clock may be noticed.
_RECHECK = 5.0


class LevelLayer:
    """What one agent wants of the levels of this process; taking it away leaves all else as it is.

    Any number of layers may be over the application's own (``reset_filter``); the one that changed last counts. A
    process that is forked while an override holds has no agent to end it: a thread of its own does it there, at the
    same time of the wall clock. ``scope`` is what a level below Info reaches, see ``LevelFilter``. ``ended_by_owner``
    is for one whose owner calls ``end`` in forked processes too. Its methods may be called from any thread.
    """

    def __init__(self, scope: Scope = "app", *, ended_by_owner: bool = False) -> None:
        self._scope = scope
        self._ended_by_owner = ended_by_owner
        # The wall times, in nanoseconds, at which what holds ends by itself, each with what follows.
        self._ends: tuple[tuple[int, LevelFilter], ...] = ()

    def apply(self, state: LevelState) -> None:
        """Put ``state`` in force: in ``logging``, and in every ``LevelListener``.

        Raises ResourceExhausted when it names too many loggers.
        """
        level_filter = state.filter_in(self._scope)
        ends = []
        while state.then is not None:
            ends.append((state.changes_at, state.then.filter_in(self._scope)))
            state = state.then
        self._ends = tuple(ends)
        # Only layers that something ends are known to the hook: a fork costs the others nothing.
        if self._ends and not self._ended_by_owner:
            _ENDING[self] = None
        else:
            _ENDING.pop(self, None)
        IN_FORCE.replace(self, "", level_filter)

    def close(self) -> None:
        """Take it away: what the application configured holds again, or another agent's layer. May be called again."""
        self._ends = ()
        _ENDING.pop(self, None)
        IN_FORCE.replace(self, "", None)

    def end(self, now: int) -> float:
        """Let what follows hold if its time is over at wall time ``now``; seconds until the next end, 0 for none."""
        over = [then for end, then in self._ends if end <= now]
        if over:
            self._ends = self._ends[len(over) :]
            IN_FORCE.replace(self, "", over[-1])
        return (self._ends[0][0] - now) / 1e9 if self._ends else 0.0


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


when_forked(after_in_child=_forked)
