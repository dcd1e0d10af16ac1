"""Which process a sidecar looks after: its number together with its start, because numbers are used again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: How many of the kernel's clock ticks are a second.
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process for good: ``started`` is when it began, in clock ticks since the machine did."""

    pid: int
    started: int


#: Finds the target now; None while it does not run.
FindTarget = Callable[[], ProcessIdentity | None]


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
    """Finds the process whose number stands in the file ``path``; None while there is no file or no number in it."""

    def find() -> ProcessIdentity | None:
        try:
            with open(path, "rb") as file:
                return process_identity(int(file.read(32)))
        except (OSError, ValueError):
            return None

    return find


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
