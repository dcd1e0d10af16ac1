"""Which processes of this machine run Python, read from /proc: nothing is run in them, and none is stopped."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from ...profiles.sampling.ptrace import refusal, remote_debugging_disabled
from ...secrets import mask_arguments

# The interpreter itself or its library, else what it has loaded of the standard library; not a program of another kind
# that was installed among Python's packages.
_VERSION = re.compile(
    r"/(?:lib)?python(3\.\d+)t?(?:\.so[\d.]*)?(?: \(deleted\))?$|/python(3\.\d+)t?/lib-dynload/[^/]+$", re.MULTILINE
)
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*t?$")


@dataclass(frozen=True, slots=True)
class PythonProcess:
    """One process. ``version`` is such as 3.12, "" when its files do not tell; ``started`` is seconds since the epoch.

    ``cpu_seconds`` is what it has used so far, ``rss`` bytes of memory. ``command`` are its arguments, secrets masked.
    ``closed`` says why it cannot be looked into by this user, "" when it can.
    """

    pid: int
    parent: int
    user: str
    version: str
    started: float
    cpu_seconds: float
    rss: int
    command: tuple[str, ...]
    closed: str


def python_processes() -> list[PythonProcess]:
    """Every Python process but this one that /proc shows, by number. Blocks for some milliseconds per hundred."""
    return [found for found in map(_python_process, _others()) if found is not None]


def _others() -> Iterator[psutil.Process]:
    return (process for process in psutil.process_iter() if process.pid != os.getpid())


def _python_process(process: psutil.Process) -> PythonProcess | None:
    try:
        version = python_version(process.pid)
        if version is None:
            return None
        with process.oneshot():
            times = process.cpu_times()
            return PythonProcess(
                process.pid,
                process.ppid(),
                process.username(),
                version,
                process.create_time(),
                times.user + times.system,
                process.memory_info().rss,
                tuple(mask_arguments(process.cmdline())),
                why_closed(process.pid),
            )
    except (psutil.Error, OSError):
        # It has ended meanwhile.
        return None


def python_version(pid: int) -> str | None:
    """The version of the Python that the process ``pid`` runs, as 3.12; "" when it cannot be told, None for no Python.

    The files that it has mapped tell; of another user's process, whose files this one may not see, only its command.
    """
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps:
            text = maps.read()
    except OSError:
        return _by_command(pid)
    found = _VERSION.search(text)
    if found is not None:
        return found[1] or found[2]
    return _by_command(pid)


def python_below(pid: int) -> list[int]:
    """The processes below ``pid`` that run Python, such as the program below what PyInstaller unpacks it with."""
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [each.pid for each in below if python_version(each.pid) is not None]


def _by_command(pid: int) -> str | None:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            program = file.read(4096).split(b"\0")[0].decode("utf-8", "replace")
    except OSError:
        return None
    name = program.rpartition("/")[2]
    if not _PYTHON.match(name):
        return None
    version = re.search(r"3\.\d+", name)
    return version[0] if version else ""


def why_closed(pid: int) -> str:
    """Why this user may not look into the process ``pid``, and what would allow it; "" when nothing forbids it."""
    disabled = remote_debugging_disabled(pid)
    if disabled:
        return f"it was started with {disabled}"
    try:
        # Opening is where the kernel checks what ptrace and process_vm_readv would be checked for (ptrace(2)).
        os.close(os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC))
    except PermissionError:
        return refusal(pid)
    except OSError:
        return "it has ended"
    return ""
