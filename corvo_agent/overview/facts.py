"""What people look at of an agent's statistics, whichever kind of process they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Facts:
    """The newest numbers of a process; None for what its agent does not tell.

    ``state`` is the kernel's word for what it does. ``cpu`` is in percent of one processor, ``memory`` in bytes,
    ``loop_lag`` and ``longest_loop_lag`` (the mean and the longest of the last minute) in milliseconds.
    """

    pid: int | None = None
    state: str | None = None
    level: str | None = None
    uptime: float | None = None
    cpu: float | None = None
    cpus: int | None = None
    memory: int | None = None
    peak_memory: int | None = None
    threads: int | None = None
    tasks: Mapping[str, int] | None = None
    goroutines: int | None = None
    loop_lag: float | None = None
    longest_loop_lag: float | None = None
    descriptors: int | None = None
    descriptor_limit: int | None = None


def facts(stats: Mapping[str, Any]) -> Facts:
    """The facts in the variables of an agent: of its own process, of one that it stands beside, or of Go's.

    Of several processes of one module they are added up; the lag is that of the loop which lags most.
    """
    workers = [facts(worker) for worker in _table(stats, "workers").values() if isinstance(worker, dict)]
    whole = _of_one(stats)
    return whole if len(workers) < 2 else _of_all(whole, workers)


def _of_all(whole: Facts, workers: Sequence[Facts]) -> Facts:
    def known(name: str) -> list[Any]:
        return [value for worker in workers if (value := getattr(worker, name)) is not None]

    def added(name: str) -> Any:
        return sum(known(name)) if known(name) else None

    tasks: Counter[str] = Counter()
    for states in known("tasks"):
        tasks.update(states)
    return replace(
        whole,
        **{name: added(name) for name in ("cpu", "memory", "threads", "descriptors")},
        **{name: max(known(name), default=None) for name in ("cpus", "uptime", "loop_lag", "longest_loop_lag")},
        tasks=dict(tasks) or None,
    )


def _of_one(stats: Mapping[str, Any]) -> Facts:
    cpu, memory, runtime = (_table(stats, name) for name in ("cpustats", "memstats", "runtime"))
    lag, tasks, descriptors = (_table(runtime, name) for name in ("LoopLagLastMinute", "Tasks", "FileDescriptors"))
    return Facts(
        pid=_number(_table(stats, "process"), "pid") or _number(runtime, "Pid"),
        state=str(runtime.get("Status", "")) or None,
        level=str(_table(stats, "agent").get("level", "")) or None,
        uptime=_number(runtime, "UptimeSeconds"),
        cpu=_number(cpu, "Percent"),
        cpus=_number(cpu, "NumCPUs"),
        # Go tells what it has from the system, Python what is resident.
        memory=_number(memory, "RSS") or _number(memory, "Sys"),
        peak_memory=_number(memory, "PeakRSS"),
        threads=_number(cpu, "NumThreads"),
        tasks={name: value for name, value in tasks.items() if isinstance(value, int)} or None,
        # For Python that would be tasks and threads once more.
        goroutines=None if tasks else _number(cpu, "NumGoroutines"),
        loop_lag=_number(lag, "MeanMs"),
        longest_loop_lag=_number(lag, "MaxMs"),
        descriptors=_number(descriptors, "Open"),
        descriptor_limit=_number(descriptors, "Limit"),
    )


def _table(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _number(values: Mapping[str, Any], name: str) -> Any:
    found = values.get(name)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None
