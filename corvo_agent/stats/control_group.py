"""What the control group of a process uses and may use, by the kernel's files of either version (cgroups(7))."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_ROOT = "/sys/fs/cgroup"
_UNIFIED = ("cpu.max", "cpu.stat", "memory.current", "memory.max", "memory.events", "pids.current", "pids.max")
# Version 1 has a tree for each controller.
_SEPARATE: Mapping[str, tuple[str, ...]] = {
    "cpu": ("cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.stat"),
    "memory": ("memory.usage_in_bytes", "memory.limit_in_bytes", "memory.failcnt"),
    "pids": ("pids.current", "pids.max"),
}
_NO_LIMIT = 1 << 62


def control_group(pid: int, text: str) -> dict[str, str]:
    """``Path``, and the texts of the group's files that can be read, by name; those that cannot are left out.

    ``text`` is what /proc/PID/cgroup says of the process ``pid``.
    """
    paths: dict[str, str] = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        paths.update(dict.fromkeys(controllers.split(","), path))
    unified = paths.get("", "")
    found = {name: _read(_file(pid, "", unified, name)) for name in _UNIFIED}
    for controller, names in _SEPARATE.items():
        if controller in paths:
            found |= {name: _read(_file(pid, controller, paths[controller], name)) for name in names}
    return {"Path": unified or paths.get("memory", ""), **{name: value for name, value in found.items() if value}}


def cpu_quota(group: Mapping[str, str]) -> float | None:
    """How many processors ``group`` (see ``control_group``) may use together; None when it has no limit of its own.

    Limits of the groups above it are not looked at.
    """
    quota, _, period = group.get("cpu.max", "").partition(" ")
    if not period:
        quota, period = group.get("cpu.cfs_quota_us", ""), group.get("cpu.cfs_period_us", "")
    # Without a limit version 2 says "max", version 1 -1.
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() and int(period) else None


def memory_limit(group: Mapping[str, str]) -> int | None:
    """How many bytes of memory ``group`` (see ``control_group``) may use; None when it has no limit of its own.

    Limits of the groups above it are not looked at.
    """
    text = group.get("memory.max") or group.get("memory.limit_in_bytes", "")
    # Without a limit version 2 says "max", version 1 a number that no machine has.
    limit = int(text) if text.isdecimal() else 0
    return limit if 0 < limit < _NO_LIMIT else None


def own_memory_limit() -> int | None:
    """How many bytes of memory this process's control group may use; None without a limit. Reads small kernel files."""
    try:
        text = Path("/proc/self/cgroup").read_text()
    except OSError:  # a kernel without control groups
        return None
    # A container of version 1 is told its path on the host, and has its own group mounted as the root.
    found = (memory_limit(control_group(os.getpid(), each)) for each in (text, "0::/\n1:memory:/"))
    return next((limit for limit in found if limit is not None), None)


def _file(pid: int, controller: str, path: str, name: str) -> Path:
    # In another container the path is none of ours; there the process sees its own group as the root.
    if path.startswith("/.."):
        return Path(f"/proc/{pid}/root{_ROOT}", controller, name)
    return Path(_ROOT, controller, path.lstrip("/"), name)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
