"""What a foreign process costs: the variables that the Stats query answers in place of the sidecar's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil

from ...access.caller import asker
from ...errors import NotFound, Unsupported
from ...secrets import mask_arguments
from ...stats.control_group import control_group
from ...stats.cpu_share import CpuShares
from ...stats.expvar import ExpvarRegistry
from ...stats.variables import Func
from ..target.process import FindTarget

#: Threads in one answer.
MAX_THREADS = 1000

T = TypeVar("T")


class ProcessStats:
    """Reads psutil and /proc for the process that ``find`` finds, anew at each question.

    Every method raises NotFound while it does not run, and Unsupported for what this user may not read.
    """

    def __init__(self, find: FindTarget) -> None:
        self._find = find
        # What each asker was told before, of one process.
        self._identity: object = None
        self._shares = CpuShares()

    def publish(self, registry: ExpvarRegistry) -> None:
        """Let variables tell of it: those that every process has, and ``io``, ``limits`` and ``cgroup``.

        Raises AlreadyExists when one of the names is taken.
        """
        for name, method in (
            ("cpustats", self.cpu),
            ("memstats", self.memory),
            ("cmdline", self.command_line),
            ("runtime", self.runtime),
            ("threads", self.threads),
            ("io", self.io),
            ("limits", self.limits),
            ("cgroup", self.cgroup),
        ):
            registry.publish(name, Func(method))

    def cpu(self) -> dict[str, Any]:
        """Threads and CPU seconds; ``Percent`` of one processor since its caller's last question, or since it began.

        Since a question that is a second ago at least: who asks more often would hear of moments. Callers are told
        apart by name and address, the last 64 are remembered.
        """
        process = self._process()
        times = _ask(process, process.cpu_times)
        return {
            "NumCPUs": len(_ask(process, process.cpu_affinity)),
            "NumThreads": _ask(process, process.num_threads),
            "UserSeconds": round(times.user, 2),
            "SystemSeconds": round(times.system, 2),
            "Percent": self._percent(process, times.user + times.system),
        }

    def _percent(self, process: psutil.Process, busy: float) -> float:
        # With its start, because another process may have the number at the next question.
        identity = (process.pid, process.create_time())
        if self._identity != identity:
            self._identity = identity
            self._shares = CpuShares()
        return self._shares.percent(asker(), time.time(), busy, since=(identity[1], 0.0))

    def memory(self) -> dict[str, Any]:
        """Bytes: resident, its peak, virtual, shared, swapped."""
        process = self._process()
        memory = _ask(process, process.memory_info)
        status = _status(process.pid)
        return {
            "RSS": memory.rss,
            # The kernel brings VmHWM up to date late: it may be below what is resident now.
            "PeakRSS": max(_kilobytes(status.get("VmHWM")), memory.rss),
            "VMS": memory.vms,
            "Shared": memory.shared,
            "Swap": _kilobytes(status.get("VmSwap")),
        }

    def command_line(self) -> list[str]:
        """Its arguments, with secrets masked."""
        process = self._process()
        return mask_arguments(_ask(process, process.cmdline))

    def runtime(self) -> dict[str, Any]:
        """Which process it is, since when it runs, and what it has open."""
        process = self._process()
        switches = _ask(process, process.num_ctx_switches)
        return {
            "Pid": process.pid,
            "ParentPid": _ask(process, process.ppid),
            "User": _ask(process, process.username),
            "Status": _ask(process, process.status),
            "UptimeSeconds": max(0.0, round(time.time() - process.create_time(), 2)),
            "FileDescriptors": {"Open": _ask(process, process.num_fds), "Limit": self._descriptor_limit(process)},
            "ContextSwitches": {"Voluntary": switches.voluntary, "Involuntary": switches.involuntary},
        }

    def _descriptor_limit(self, process: psutil.Process) -> int:
        return int(_ask(process, lambda: process.rlimit(psutil.RLIMIT_NOFILE))[0])

    def threads(self) -> list[dict[str, Any]]:
        """The first thousand threads with the kernel's name and CPU seconds."""
        process = self._process()
        return [
            {
                "Id": thread.id,
                "Name": _read(f"/proc/{process.pid}/task/{thread.id}/comm").strip(),
                "CPUSeconds": round(thread.user_time + thread.system_time, 2),
            }
            for thread in _ask(process, process.threads)[:MAX_THREADS]
        ]

    def io(self) -> dict[str, Any]:
        """Calls and bytes read and written; ``DiskReadBytes`` and ``DiskWriteBytes`` are what reached the disks."""
        process = self._process()
        counters = _ask(process, process.io_counters)
        return {
            "ReadCalls": counters.read_count,
            "WriteCalls": counters.write_count,
            "ReadBytes": counters.read_chars,
            "WriteBytes": counters.write_chars,
            "DiskReadBytes": counters.read_bytes,
            "DiskWriteBytes": counters.write_bytes,
        }

    def limits(self) -> dict[str, dict[str, str]]:
        """What /proc/PID/limits says: soft and hard limit and unit, by name."""
        process = self._process()
        lines = _ask(process, lambda: Path(f"/proc/{process.pid}/limits").read_text()).splitlines()
        return {
            line[:26].strip(): {"Soft": line[26:47].strip(), "Hard": line[47:68].strip(), "Unit": line[68:].strip()}
            for line in lines[1:]
        }

    def cgroup(self) -> dict[str, Any]:
        """Its control group with what that group uses and may use; the texts of the kernel's files."""
        process = self._process()
        return control_group(process.pid, _ask(process, lambda: Path(f"/proc/{process.pid}/cgroup").read_text()))

    def _process(self) -> psutil.Process:
        identity = self._find()
        if identity is None:
            raise NotFound("process", "of the module", "it does not run, or not here")
        try:
            return psutil.Process(identity.pid)
        except psutil.NoSuchProcess:
            raise NotFound("process", str(identity.pid)) from None


def _ask(process: psutil.Process, question: Callable[[], T]) -> T:
    try:
        return question()
    except (psutil.AccessDenied, PermissionError):
        reason = f"only its own user and administrators may read that of process {process.pid}"
        raise Unsupported("these statistics", f"{reason}; run the agent as that user") from None
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        raise NotFound("process", str(process.pid)) from None


def _status(pid: int) -> dict[str, str]:
    lines = _read(f"/proc/{pid}/status").splitlines()
    return {name: value for name, _, value in (line.partition(":") for line in lines)}


def _kilobytes(text: str | None) -> int:
    return int(text.split()[0]) * 1024 if text else 0


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""
