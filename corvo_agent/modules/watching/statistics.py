"""The state of a watch in numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WatchStatistics:
    """The state of a watch.

    ``connected``: the last that was heard of the store was good. ``revision`` is that of the last snapshot or change,
    ``keys`` how many exist. ``changes`` counts those told, snapshots included, ``resyncs`` the snapshots and
    ``reconnects`` the streams after the first one. ``last_error`` stays when all is well again. ``last_change_time``
    is wall time in nanoseconds, 0 before the first; ``confirmed_at`` are the clock's monotonic seconds at which the
    state was last known to be that of the store, None before the first time.
    """

    connected: bool = False
    revision: int = 0
    keys: int = 0
    changes: int = 0
    resyncs: int = 0
    reconnects: int = 0
    last_error: str = ""
    last_change_time: int = 0
    confirmed_at: float | None = None
