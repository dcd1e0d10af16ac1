"""Which process a sidecar looks after, when its number is not known: the one whose command line matches."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from pathlib import Path

from ...errors import ConfigError
from ..processes.python_process import python_version
from .process import FindTarget, ProcessIdentity, parent_of, process_identity, staying

_MOST_OTHERS, _MOST_TEXT, _MOST_GENERATIONS = 5, 80, 100

_log = logging.getLogger(__name__)


def target_of_match(pattern: str) -> FindTarget:
    """Finds the process whose command line the regular expression ``pattern`` is found in; None while there is none.

    The command line is what ``ps`` shows: the arguments with a space between them. Of several processes it is the one
    that began first, so the parent of a pool of workers, and of those that run Python if any does: ``tail -f`` of a
    program's file is older than the program. What else matches, and is not below it, is logged. Once found it stays the
    target as long as it runs. Neither
    the sidecar itself matches nor what was told to look for the same (``--match PATTERN``): a shell, sudo or timeout
    that started it, or another sidecar. Raises ConfigError for what is no regular expression.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ConfigError("match", pattern, f"not a regular expression: {error}") from error
    # What starts a sidecar has the pattern in its own command line.
    telling = re.compile(rf"--match[ =]['\"]?{re.escape(pattern)}")
    return staying(lambda: _first_match(lambda line: bool(expression.search(line)) and not telling.search(line)))


def _first_match(matches: Callable[[str], bool]) -> ProcessIdentity | None:
    found: list[ProcessIdentity] = []
    for entry in os.listdir("/proc"):
        if entry.isdecimal() and int(entry) != os.getpid() and matches(_command_line(entry)):
            identity = process_identity(int(entry))
            if identity is not None:
                found.append(identity)
    found.sort(key=lambda identity: (python_version(identity.pid) is None, identity.started, identity.pid))
    if not found:
        return None
    others = [each.pid for each in found[1:] if not _is_below(each.pid, found[0].pid)]
    if others:
        told = ", ".join(f"{pid} ({_command_line(str(pid))[:_MOST_TEXT]})" for pid in others[:_MOST_OTHERS])
        more = f" and {len(others) - _MOST_OTHERS} more" if len(others) > _MOST_OTHERS else ""
        _log.warning("process %d is taken; the pattern matches others, too: %s%s", found[0].pid, told, more)
    return found[0]


def _is_below(pid: int, ancestor: int) -> bool:
    for _ in range(_MOST_GENERATIONS):
        if pid in (0, ancestor):
            break
        pid = parent_of(pid)
    return pid == ancestor


def _command_line(pid: str) -> str:
    # A process that ends meanwhile, and a thread of the kernel, have none.
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return arguments.rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")
