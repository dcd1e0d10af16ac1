"""The processes that are connected to the hub: their names, the level that all of them have to have, their counts."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable
from typing import Any

from ..levels.state import LevelState
from ..modules.announcing.endpoint import MAX_WORKERS, AppliedLevel, Endpoint, Worker
from ..modules.announcing.workers import Process, choose
from ..sidecar.target.process import began_ns, process_identity
from ..stats.counters import Count, add_counts
from ..stub.messages import pack_level
from .admission import Admission
from .connection import WorkerConnection

_log = logging.getLogger(__name__)
# Seconds that a process has to take its first level before it counts as one that has not.
_FIRST_LEVEL = 2.0
# Faults that are told; more of the same kind say nothing new.
_FAULTS_TOLD = 3


class Workers:
    """All that are connected. ``changed`` is called when one comes, goes or takes a level. Of the event loop.

    ``starter`` is the process that has started this one, see ``Admission``.
    """

    def __init__(self, starter: int = 0) -> None:
        #: Called without arguments after each change.
        self.changed: Callable[[], object] = lambda: None
        self._by_id: dict[str, WorkerConnection] = {}
        self._admission = Admission(lambda: [worker.pid for worker in self._by_id.values()], starter)
        self._gone: dict[str, Count] = {}
        self._came = self._went = 0
        self._level: LevelState | None = None
        # Whether what has to hold is not known yet: those that have a level keep it until then.
        self._held = False
        self._number = 0
        self._state: dict[str, Any] = {"t": "state", "address": "", "problem": ""}
        self._moved = asyncio.Event()

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def connected(self) -> tuple[WorkerConnection, ...]:
        """Those that are there now, by their ids."""
        return tuple(sorted(self._by_id.values(), key=lambda worker: int(worker.id)))

    @property
    def gone(self) -> dict[str, Count]:
        """What those that have ended have counted."""
        return self._gone

    def protocol(self) -> WorkerConnection:
        """For one more connection."""
        return WorkerConnection(self)

    def as_json(self) -> dict[str, object]:
        """How many came and went, in JSON types."""
        return {"connected": len(self._by_id), "came": self._came, "went": self._went}

    async def change(self, timeout: float | None = None) -> None:
        """Wait until one comes or goes, or ``wake`` is called, at most ``timeout`` seconds."""
        self._moved.clear()
        try:
            async with asyncio.timeout(timeout):
                await self._moved.wait()
        except TimeoutError:
            return

    def wake(self) -> None:
        """End a wait for a change."""
        self._moved.set()

    def choose(self, wanted: str, name: str) -> tuple[WorkerConnection, ...]:
        """Those that ``wanted`` names: an id, "pid:NUMBER", "all", "" for all. Raises as ``workers.choose`` does."""
        if not wanted:
            return self.connected
        nowhere = Endpoint("")
        found = [Process(Worker(worker.id, worker.pid), nowhere, inside=True) for worker in self.connected]
        return tuple(self._by_id[each.worker.id] for each in choose(found, wanted, name))

    # The level

    def apply(self, state: LevelState) -> None:
        """Have ``state`` put in force in all of them, and in those to come."""
        self._level = state
        self._number += 1
        for worker in self.connected:
            self._tell_level(worker)

    def hold(self) -> None:
        """Leave those that have a level at it until ``release``: a hub that begins while etcd is away knows none."""
        self._held = True

    def release(self) -> None:
        """What has to hold is known now; may be called again."""
        if self._held:
            self._held = False
            for worker in self.connected:
                self._tell_level(worker)

    def fault(self) -> str:
        """What keeps the level from being in force everywhere, "" for nothing."""
        now = time.monotonic()
        late = [worker for worker in self.connected if self._is_late(worker, now)]
        if not late:
            return ""
        told = "; ".join(f"{worker.name} {worker.fault or 'has not taken it yet'}" for worker in late[:_FAULTS_TOLD])
        return f"{len(late)} of {len(self._by_id)} processes: {told}"

    def announced(self, level: AppliedLevel | None) -> tuple[Worker, ...]:
        """What is announced of them; ``level`` is the one that they have to have."""
        return tuple(
            Worker(worker.id, worker.pid, _started(worker.pid), self._announced_level(worker, level))
            for worker in self.connected
        )

    def tell_state(self, address: str, problem: str = "") -> None:
        """Tell all, and those to come, where their Module is asked."""
        self._state = {"t": "state", "address": address, "problem": problem}
        for worker in self.connected:
            worker.send(self._state)

    # What connections report, and ask

    def refusal(self, pid: int, user: int) -> str:
        """Why that process is not heard, "" where it is."""
        return self._admission.refusal(pid, user)

    def joined(self, worker: WorkerConnection) -> None:
        """It has said who it is."""
        if len(self._by_id) >= MAX_WORKERS:
            _log.warning("process %d is refused: there are %d already", worker.pid, MAX_WORKERS)
            worker.close()
            return
        worker.id = next(id for id in map(str, itertools.count(1)) if id not in self._by_id)
        self._by_id[worker.id] = worker
        self._came += 1
        worker.send(self._state)
        if self._level is not None:
            self._tell_level(worker)
            asyncio.get_running_loop().call_later(_FIRST_LEVEL, self._look_again, worker)
        self._tell_change()

    def moved(self, worker: WorkerConnection) -> None:
        """It has taken a level, or could not."""
        self.changed()

    def left(self, worker: WorkerConnection) -> None:
        """It is gone; what it has counted stays."""
        if self._by_id.get(worker.id) is not worker:
            return
        del self._by_id[worker.id]
        self._went += 1
        add_counts(self._gone, worker.counts)
        self._tell_change()

    def _look_again(self, worker: WorkerConnection) -> None:
        if worker.applied < 0 and worker.id in self._by_id:
            self.changed()

    def _tell_level(self, worker: WorkerConnection) -> None:
        if self._level is not None and not (self._held and worker.has_level):
            worker.send({"t": "level", "seq": self._number, "state": pack_level(self._level)})

    def _tell_change(self) -> None:
        self._moved.set()
        self.changed()

    def _is_late(self, worker: WorkerConnection, now: float) -> bool:
        if self._held and worker.has_level:
            return False
        if worker.applied < 0:
            # One that has just come gets it within moments; that is no reason to report anything.
            return now - worker.joined_at >= _FIRST_LEVEL
        return worker.applied != self._number or bool(worker.fault)

    def _announced_level(self, worker: WorkerConnection, level: AppliedLevel | None) -> AppliedLevel | None:
        if level is None or worker.applied < 0 or self._level is None:
            return None
        wanted = self._level
        if worker.applied == self._number and not worker.fault:
            return AppliedLevel(wanted.level_text, wanted.source.value, worker.applied_ns, wanted.by, wanted.reason)
        fault = worker.fault or "it has not taken it yet"
        return AppliedLevel(wanted=wanted.level_text, fault=fault)


def _started(pid: int) -> int:
    """When the process began, in nanoseconds of wall time; 0 where that cannot be told."""
    identity = process_identity(pid)
    return 0 if identity is None else began_ns(identity)
