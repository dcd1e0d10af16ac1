"""Which process a sidecar looks after, when its number is not known: the one whose command line matches."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from ...errors import ConfigError
from .process import FindTarget, ProcessIdentity, process_identity, staying


def target_of_match(pattern: str) -> FindTarget:
    """Finds the process whose command line the regular expression ``pattern`` is found in; None while there is none.

    The command line is what ``ps`` shows: the arguments with a space between them. Of several processes it is the one
    that began first, so the parent of a pool of workers; once found it stays the target as long as it runs. Neither
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
    return min(found, key=lambda identity: (identity.started, identity.pid), default=None)


def _command_line(pid: str) -> str:
    # A process that ends meanwhile, and a thread of the kernel, have none.
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return arguments.rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")
