"""Which process's start counts as the service's: the one that the workers come from, as far as that can be told.

Workers come and go, and that is no restart. What restarts is the process that a supervisor or a person has started: of
gunicorn its master, of a script the script itself. It is the topmost one above a worker that runs the same program in
the same group of processes: a shell above it runs another program, and what a supervisor starts has a group of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..sidecar.target.process import FindTarget, ProcessIdentity, process_identity

# Generations above a worker that are looked at.
_HIGHEST = 32


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    group: int
    program: str


def root_of(pid: int) -> ProcessIdentity | None:
    """The process that ``pid`` comes from, itself where nothing stands above it; None when it has ended."""
    found = process_identity(pid)
    here = _look(pid)
    if found is None or here is None:
        return None
    for _ in range(_HIGHEST):
        above = _look(here.parent)
        identity = process_identity(here.parent)
        if above is None or identity is None or (above.group, above.program) != (here.group, here.program):
            break
        found, here = identity, above
    return found


def find_root(pids: Callable[[], Iterable[int]]) -> FindTarget:
    """Finds the root of the processes that ``pids`` gives, None while there is none.

    It stays the same one while it runs, and while any that came from it do: a program that has put itself into the
    background has not restarted. After that it is the one that began first.
    """
    current: ProcessIdentity | None = None
    # Where each came from when it was first seen: what stood above it may have ended since.
    known: dict[ProcessIdentity, ProcessIdentity] = {}

    def find() -> ProcessIdentity | None:
        nonlocal current
        for pid in pids():
            identity, root = process_identity(pid), root_of(pid)
            if identity is not None and root is not None:
                known.setdefault(identity, known.get(root, root))
        for identity in [identity for identity in known if process_identity(identity.pid) != identity]:
            del known[identity]
        if current is None or (process_identity(current.pid) != current and current not in known.values()):
            current = min(known.values(), key=lambda root: (root.started, root.pid), default=None)
        return current

    return find


def _look(pid: int) -> _Process | None:
    if pid <= 0:
        return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        program = os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None
    # The second field is the program's name in parentheses, and may hold anything (proc(5)).
    fields = stat[stat.rfind(b")") + 2 :].split()
    return _Process(int(fields[1]), int(fields[2]), program)
