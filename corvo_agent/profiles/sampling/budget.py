"""What a sampler in another process takes from its target, and the rate that it can afford."""

from __future__ import annotations

import os
from pathlib import Path

from ...stats.control_group import control_group, cpu_quota
from ...stats.process import cpu_count

#: Below this a profile says nothing; a sampler that is still too expensive then goes on and says so.
LEAST_HZ = 5.0
# py-spy 0.4 without pausing its target, measured: about 0.1 ms for each thread at each look. A first guess only.
_SECONDS_PER_THREAD = 0.0001
_HEADROOM = 0.8


def usable_cpus() -> float:
    """Processors that this process may use, by its affinity and the quota of its control group."""
    try:
        quota = cpu_quota(control_group(os.getpid(), Path("/proc/self/cgroup").read_text()))
    except OSError:  # a kernel without control groups
        quota = None
    return cpu_count() if quota is None else min(cpu_count(), quota)


def share_percent(busy_seconds: float, wall_seconds: float, cpus: float) -> float:
    """The share of all usable processors that was taken, in percent.

    A sampler that does not pause its target takes nothing from it while a processor is idle; when all are busy it
    takes this share at most. So this is the upper bound of what the target pays.
    """
    return 100 * busy_seconds / (wall_seconds * cpus)


def first_rate(hz: float, threads: int, budget: float, cpus: float) -> float:
    """The rate to begin with: ``hz``, or what a target of that many threads is likely to leave of it."""
    affordable = budget / 100 * cpus / (_SECONDS_PER_THREAD * max(threads, 1))
    return max(LEAST_HZ, min(hz, affordable))


def lower_rate(hz: float, share: float, budget: float) -> float:
    """The rate after ``share`` percent were taken at ``hz``; the same when that is within ``budget`` percent."""
    if share <= budget or hz <= LEAST_HZ:
        return hz
    return max(LEAST_HZ, hz * budget / share * _HEADROOM)
