"""What an agent tells of itself."""

from __future__ import annotations

from dataclasses import dataclass

from ..levels.state import LevelState
from ..modules.announcing.lease import EndpointState
from ..modules.kv import ClockDifference
from ..modules.watcher import WatcherStatistics
from .level_sync import LevelSyncStatistics


@dataclass(frozen=True, slots=True)
class AgentStatistics:
    """The state of an agent at one moment.

    ``name`` is its Module's, ``address`` where it serves ("" while it does not), ``level`` what is in force and why;
    ``watcher`` and ``endpoint`` are None without a store; ``clock`` is how far etcd's clock is from ours, None while
    that is not known. ``held_back`` are the loggers of libraries that are kept at Info, and ``blockers`` what stands in
    the way of lines that the level lets pass, None where the agent does not set the levels of this process.
    """

    name: str
    address: str
    level: LevelState
    levels: LevelSyncStatistics
    watcher: WatcherStatistics | None
    endpoint: EndpointState | None
    clock: ClockDifference | None = None
    held_back: tuple[str, ...] = ()
    blockers: tuple[str, ...] | None = None

    def as_json(self) -> dict[str, object]:
        """The state in JSON types, as the expvar ``agent`` shows it."""
        shown: dict[str, object] = {"name": self.name, "address": self.address, **self.level.as_json()}
        if self.held_back:
            shown["held-back"] = list(self.held_back)
        if self.blockers is not None:
            shown["blockers"] = list(self.blockers)
        if self.watcher is not None:
            watch = self.watcher.watch
            etcd: dict[str, object] = {
                "connected": watch.connected,
                "revision": watch.revision,
                "resyncs": watch.resyncs,
                "reconnects": watch.reconnects,
                "last-error": watch.last_error,
            }
            shown["etcd"] = etcd
            if self.clock is not None:
                etcd["clock-difference"] = round(self.clock.seconds, 3)
                etcd["clock-doubt"] = round(self.clock.doubt, 3)
            shown["callbacks"] = {
                "calls": self.watcher.calls,
                "failures": self.watcher.failures,
                "timeouts": self.watcher.timeouts,
                "dropped": self.watcher.dropped,
                "undecodable": self.watcher.undecodable,
            }
        if self.endpoint is not None:
            shown["endpoint"] = self.endpoint.value
        return shown
