"""Decides, as Python starts, whether this process belongs to the service of ``corvo run``; if so, a stub joins it.

What the service itself runs besides (pip, tools, its resource tracker) is none of it, although it has the same
environment. A process belongs to it that is

- the one that ``corvo run`` has become, also after further execs;
- one without another Python between the two, such as that which a shell has started;
- one that multiprocessing has started in a process of the service;
- the same program again, started by a process of the service: what reloaders do.

Forked children are no matter of this: the stub itself sees to them.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from itertools import pairwise

from ..stub.native import is_main_interpreter
from ..stub.start import start_injected
from .environment import ABOVE, FIRST, ONLY

# Generations that are looked at.
_HIGHEST = 32
_FORK_SERVER = "from multiprocessing.forkserver import main"
_SPAWNED = "--multiprocessing-fork"


def join() -> None:
    """Start a stub if this process belongs to the service. Raises nothing that a setting could cause."""
    first = os.environ.get(FIRST, "")
    # Subinterpreters run Python's start as well, in the same process.
    if not first.isdecimal() or not is_main_interpreter():
        return
    arguments = sys.orig_argv
    only = os.environ.get(ONLY, "")
    # It runs nothing itself, and a thread in it would harm those that it forks.
    # What it is told to run begins in other ways, by the version of Python.
    serves_forks = any(option == "-c" and _FORK_SERVER in program for option, program in pairwise(arguments))
    if re.search(only, " ".join(arguments)) if only else _belongs(int(first), arguments, spawned=serves_forks):
        start_injected(_tell_children, dormant=serves_forks)


def _tell_children() -> None:
    """What is started from here on knows that it was a process of the service that did it."""
    os.environ[ABOVE] = str(os.getpid())


def _belongs(first: int, arguments: list[str], *, spawned: bool) -> bool:
    if os.getpid() == first:
        return True
    above = os.environ.get(ABOVE, "")
    if above == str(os.getppid()):
        return spawned or _SPAWNED in arguments or arguments[1:] == _arguments_of(os.getppid())[1:]
    return any(pid == first for pid in _above_without_python())


def _above_without_python() -> Iterator[int]:
    """The processes above this one, up to the first that runs Python, that one left out."""
    pid = os.getpid()
    for _ in range(_HIGHEST):
        pid = _parent_of(pid)
        if pid <= 1 or "python" in os.path.basename(_program_of(pid)):
            return
        yield pid


def _parent_of(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            stat = file.read()
    except OSError:
        return 0
    # The second field is the program's name in parentheses, and may hold anything (proc(5)).
    return int(stat[stat.rfind(b")") + 2 :].split()[1])


def _program_of(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def _arguments_of(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return [os.fsdecode(argument) for argument in file.read().split(b"\0")[:-1]]
    except OSError:
        return []
