"""What this process costs and how it was started: the raw numbers behind cpustats, memstats and cmdline."""

from __future__ import annotations

import gc
import os
import resource
import sys
import threading
from pathlib import Path

import psutil

from ..secrets import mask_arguments

_STATUS = Path("/proc/self/status")
_STATM = Path("/proc/self/statm")


def cpu_count() -> int:
    """Processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def cpu_stats(tasks: int) -> dict[str, object]:
    """Processors, threads and CPU seconds; ``tasks`` is the number of asyncio tasks.

    ``NumGoroutines`` is what comes closest to it: tasks and Python threads. ``NumThreads`` also counts threads that
    run no Python.
    """
    threads = threading.active_count()
    times = os.times()
    return {
        "NumCPUs": cpu_count(),
        "NumGoroutines": tasks + threads,
        "NumTasks": tasks,
        "NumPythonThreads": threads,
        "NumThreads": psutil.Process().num_threads(),
        "UserSeconds": round(times.user, 2),
        "SystemSeconds": round(times.system, 2),
        "LoadAverage": [round(load, 2) for load in os.getloadavg()],
    }


def resident_bytes() -> int:
    """Bytes of memory that are in use now: the quick way, for who asks often."""
    try:
        with _STATM.open("rb", buffering=0) as file:
            return int(file.read(128).split()[1]) * resource.getpagesize()
    except OSError:
        return int(psutil.Process().memory_info().rss)


def memory_stats() -> dict[str, object]:
    """Bytes of memory, Python's small-object blocks, and what the garbage collector has done."""
    memory = psutil.Process().memory_info()
    return {
        "RSS": memory.rss,
        "PeakRSS": max(_peak_rss(), memory.rss),
        "VMS": memory.vms,
        "AllocatedBlocks": sys.getallocatedblocks(),
        "GCEnabled": gc.isenabled(),
        "NumGC": sum(generation["collections"] for generation in gc.get_stats()),
        "GCGenerations": [
            {
                "Objects": count,
                "Threshold": threshold,
                "Collections": seen["collections"],
                "Collected": seen["collected"],
                "Uncollectable": seen["uncollectable"],
            }
            for count, threshold, seen in zip(gc.get_count(), gc.get_threshold(), gc.get_stats(), strict=True)
        ],
    }


def command_line() -> list[str]:
    """The interpreter and its arguments, with secrets masked."""
    # Unlike sys.argv it has the options of the interpreter, too; it is empty in programs that embed one, such as uWSGI.
    return mask_arguments(sys.orig_argv or psutil.Process().cmdline())


def descriptors() -> dict[str, int]:
    """Open file descriptors, and how many there may be."""
    return {"Open": psutil.Process().num_fds(), "Limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0]}


def context_switches() -> dict[str, int]:
    """How often the process gave up the processor, and how often it was taken away."""
    switches = psutil.Process().num_ctx_switches()
    return {"Voluntary": switches.voluntary, "Involuntary": switches.involuntary}


def uptime(now: float) -> float:
    """Seconds since the process began, at wall time ``now`` in seconds."""
    return max(0.0, round(now - psutil.Process().create_time(), 2))


def thread_list(limit: int = 1000) -> list[dict[str, object]]:
    """The first ``limit`` Python threads with their CPU seconds, main thread first."""
    seconds = {thread.id: thread.user_time + thread.system_time for thread in psutil.Process().threads()}
    threads = sorted(threading.enumerate(), key=lambda each: (each is not threading.main_thread(), each.native_id or 0))
    return [
        {
            "Id": each.native_id,
            "Name": each.name,
            "Daemon": each.daemon,
            "CPUSeconds": round(seconds.get(each.native_id or 0, 0.0), 2),
        }
        for each in threads[:limit]
    ]


def _peak_rss() -> int:
    """The largest RSS so far in bytes. getrusage's, where there is no /proc, may be that of the program before exec."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
