"""Which process a sidecar looks after: its number together with its start, because numbers are used again."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: How many of the kernel's clock ticks are a second.
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
# Seconds by which the clock may have been set between a process's start and the writing of its file, and by which file
# systems round.
_SLACK = 2.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process for good: ``started`` is when it began, in clock ticks since the machine did."""

    pid: int
    started: int


#: Finds the target now; None while it does not run.
FindTarget = Callable[[], ProcessIdentity | None]


def parent_of(pid: int) -> int:
    """The number of the process that started ``pid``; 0 for the first one, and for one that has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return 0
    return int(stat[stat.rfind(b")") + 2 :].split()[1])


def process_identity(pid: int) -> ProcessIdentity | None:
    """The process that has the number ``pid`` now; None when there is none, or one that has ended (a zombie)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The second field is the program's name in parentheses, and may hold anything, parentheses too (proc(5)).
    fields = stat[stat.rfind(b")") + 2 :].split()
    if fields[0] in (b"Z", b"X"):
        return None
    return ProcessIdentity(pid, int(fields[19]))


def target_of_pid_file(path: str | Path) -> FindTarget:
    """Finds the process whose number stands in the file ``path``; None while there is no file or no number in it.

    Also None while the process is a stranger that has the number now: it began after the file was written, or has
    another name than the process before it that was found by the same file. That is logged once for each stranger.
    """
    known: tuple[tuple[int, int], ProcessIdentity, str] | None = None
    told: ProcessIdentity | None = None

    def find() -> ProcessIdentity | None:
        nonlocal known, told
        try:
            with open(path, "rb") as file:
                found, status = process_identity(int(file.read(32))), os.fstat(file.fileno())
        except (OSError, ValueError):
            return None
        if found is None:
            return None
        stamp, name = (status.st_ino, status.st_mtime_ns), _name(found.pid)
        fault = ""
        if began_ns(found) / 1e9 > status.st_mtime + _SLACK:
            fault = "it began after the file was written"
        elif known is not None and known[0] == stamp and known[1] != found and known[2] != name:
            fault = f"it is called {name!r} and not {known[2]!r}"
        if fault:
            if told != found:
                told = found
                _log.warning("%s: process %d is not the one that is meant: %s", path, found.pid, fault)
            return None
        known = stamp, found, name
        return found

    return find


def began_ns(process: ProcessIdentity) -> int:
    """When the process began, in nanoseconds of wall time by the clock as it is now."""
    # CLOCK_BOOTTIME counts suspended time too, as the kernel's start times do.
    ago = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - process.started * 1_000_000_000 // CLOCK_TICKS
    return time.time_ns() - ago


def _name(pid: int) -> str:
    """What the kernel calls the process, "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    except OSError:
        return ""


def target_of_pid(pid: int) -> FindTarget:
    """Finds the process that had the number ``pid`` when this was called, never a later one of the same number."""
    first = process_identity(pid)

    def find() -> ProcessIdentity | None:
        return first if first is not None and process_identity(pid) == first else None

    return find


def staying(search: FindTarget) -> FindTarget:
    """Finds what ``search`` has found, for as long as that runs; only then it searches again."""
    current: ProcessIdentity | None = None

    def find() -> ProcessIdentity | None:
        nonlocal current
        if current is None or process_identity(current.pid) != current:
            current = search()
        return current

    return find
