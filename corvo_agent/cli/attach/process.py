"""Which process of this machine is meant, and where it logs."""

from __future__ import annotations

from pathlib import Path

from ...errors import InvalidArgument, NotFound, PermissionRefused, system_reason
from ...sidecar.processes.appended_files import open_logs
from ...sidecar.processes.python_process import python_below, python_processes, python_version
from ..show.output import note

# Processes named when a text fits several.
_MOST = 20


def find_pid(text: str) -> int:
    """The process that ``text`` names. Raises NotFound for none, InvalidArgument for several and for no Python."""
    if text.isdecimal():
        pid = int(text)
        if not Path(f"/proc/{pid}").exists():
            raise NotFound("process", text, "corvo ps lists those of this machine")
        if python_version(pid) is None:
            below = ", ".join(map(str, python_below(pid)[:_MOST]))
            reason = f"but what is below it does: {below}" if below else "corvo ps lists those that do"
            raise InvalidArgument("PROCESS", text, f"it does not run Python; {reason}")
        return pid
    found = [each for each in python_processes() if text in " ".join(each.command)]
    if not found:
        raise NotFound("process", text, "no Python process has it in its command line; corvo ps lists them")
    if len(found) > 1:
        listed = ", ".join(f"{each.pid} ({' '.join(each.command)[:60]})" for each in found[:_MOST])
        raise InvalidArgument("PROCESS", text, f"{len(found)} processes have it in their command line: {listed}")
    return found[0].pid


def logs_of(pid: int, *, wanted: bool) -> list[Path]:
    """The files that it appends to. Raises PermissionRefused where they are ``wanted`` and it is another user's."""
    try:
        return open_logs(pid)
    except PermissionError as error:
        if wanted:
            raise PermissionRefused(f"looking for the log of process {pid}", system_reason(error)) from error
        return []
    except FileNotFoundError:
        raise NotFound("process", str(pid), "it has ended") from None


def tell_logs(pid: int, logs: list[Path]) -> None:
    """Say which log is read, and which others there are. Raises NotFound for none."""
    if not logs:
        raise NotFound("log", f"of process {pid}", "it has no file open for appending; name one by --log-file")
    others = f"; also open: {', '.join(map(str, logs[1:]))}" if len(logs) > 1 else ""
    note(f"reading {logs[0]}{others}")
