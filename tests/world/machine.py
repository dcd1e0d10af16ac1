"""What a test may need of the machine besides Python and git.

``@needs("logrotate")`` marks such a test ``world``: the README's test command leaves it out and says so at its end,
``tox run -e world`` runs it, and fails where something is missing.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

#: The programs that a test may need, and the Debian package of each.
PROGRAMS = {
    "curl": "curl",
    "dbus-daemon": "dbus-daemon",
    "fish": "fish",
    "logrotate": "logrotate",
    "zsh": "zsh",
}


def program(name: str) -> str | None:
    """Where the program ``name`` is; those of administrators are found by ordinary users, too."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin")))


def etcd_on_path() -> Path | None:
    """The etcd that the machine has: the first one on PATH that is no script of a Python package."""
    for folder in os.get_exec_path():
        found = Path(folder, "etcd")
        if found.is_file() and found.read_bytes()[:4] == b"\x7fELF":
            return found
    return None


# What is no program of a package.
_OTHERS: dict[str, Callable[[], bool]] = {
    "etcd on PATH": lambda: etcd_on_path() is not None,
    "root": lambda: os.geteuid() == 0,
}


def needs(*things: str) -> pytest.MarkDecorator:
    """Mark a test that needs ``things``: names of ``PROGRAMS``, ``etcd on PATH``, ``root``."""
    unknown = set(things) - set(PROGRAMS) - set(_OTHERS)
    if unknown:
        raise ValueError(f"tests/world/machine.py does not know how to find {', '.join(sorted(unknown))}")
    # Only here: .ci/run asks for the packages before anything is installed.
    import pytest

    return pytest.mark.world(*things)


def missing(things: Iterable[str]) -> list[str]:
    """Those of ``things`` that this machine does not have."""
    return [thing for thing in things if not (_OTHERS[thing]() if thing in _OTHERS else program(thing))]


if __name__ == "__main__":
    # The packages to install, for .ci/run.
    sys.stdout.write("".join(f"{PROGRAMS[name]}\n" for name in missing(PROGRAMS)))
