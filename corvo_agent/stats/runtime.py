"""The variables that every process has: cpustats, memstats, cmdline, runtime, threads."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Hashable, Mapping
from types import TracebackType
from typing import Self

from .cpu_share import CpuShares
from .gc_pauses import GcPauses
from .heartbeat import Heartbeat, processor_time
from .process import (
    command_line,
    context_switches,
    cpu_stats,
    descriptors,
    memory_stats,
    thread_list,
    uptime,
)
from .prometheus import PrometheusMetrics, is_used
from .sampler import LoopSampler
from .tasks import task_states
from .variables import Func, Variable


class RuntimeStats:
    """Measures the process and the event loop that it is entered in; ``variables`` are what it knows.

    ``interval`` is that of the heartbeat, in seconds. Not entered, it knows all but what has to be measured over
    time. Variables may be asked from any thread, and take up to a few milliseconds: better not on the loop.

    ``asker`` tells who asks, in the thread that does: ``cpustats.Percent`` is of the time since its last question.
    Without, and at its first one, of the last ten beats.
    """

    def __init__(self, interval: float = 1.0, *, asker: Callable[[], Hashable] | None = None) -> None:
        self._asker = asker
        self._shares = CpuShares()
        self.gc_pauses = GcPauses()
        sampler = LoopSampler(self.gc_pauses)
        self.heartbeat = Heartbeat(interval, sampler.beat)
        #: The variable ``samples``, which is told to who asks for it by name only.
        self.samples: Variable = Func(sampler.samples.as_json)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._variables: dict[str, Variable] = {
            "cmdline": Func(command_line),
            "cpustats": Func(self._cpu),
            "memstats": Func(memory_stats),
            "runtime": Func(self._runtime),
            "threads": Func(thread_list),
        }
        # Both are made once, because they are asked for with each query.
        self._with_prometheus = {**self._variables, "prometheus": PrometheusMetrics()}

    def __repr__(self) -> str:
        return f"<RuntimeStats {self.heartbeat!r} {self.gc_pauses!r}>"

    @property
    def variables(self) -> Mapping[str, Variable]:
        """What can be asked, by name; ``prometheus`` only in a process that uses prometheus_client."""
        return self._with_prometheus if is_used() else self._variables

    def start(self) -> None:
        """Measure the running loop; nothing happens when it does already."""
        self._loop = asyncio.get_running_loop()
        self.heartbeat.start()
        self.gc_pauses.start()

    def measure(self, loop: asyncio.AbstractEventLoop) -> None:
        """Measure ``loop``, which runs in another thread, from its next turn on; not while another one is measured."""
        if self._loop is not None and not self._loop.is_closed():
            return
        self.stop()
        self._loop = loop
        with contextlib.suppress(RuntimeError):
            # Closed meanwhile: the next one is measured when it is named.
            loop.call_soon_threadsafe(self.start)

    def stop(self) -> None:
        """Measure no more."""
        self.heartbeat.stop()
        self.gc_pauses.stop()
        # A loop that has been closed must not be kept alive for its statistics.
        self._loop = None

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _cpu(self) -> dict[str, object]:
        return {
            **cpu_stats(task_states(self._loop)["total"]),
            "Percent": self._percent(),
            "LoopLagLastMinute": self.heartbeat.recent().as_json(),
        }

    def _percent(self) -> float:
        shares = CpuShares() if self._asker is None else self._shares
        asker = None if self._asker is None else self._asker()
        return shares.percent(asker, *processor_time(), since=self.heartbeat.remembered)

    def _runtime(self) -> dict[str, object]:
        return {
            "UptimeSeconds": uptime(time.time()),
            "LoopLag": self.heartbeat.lag.summary().as_json(),
            "LoopLagLastMinute": self.heartbeat.recent().as_json(),
            "Tasks": task_states(self._loop),
            "GCPauses": self.gc_pauses.pauses.summary().as_json(),
            "ContextSwitches": context_switches(),
            "FileDescriptors": descriptors(),
        }
