"""What a test may need of the machine besides Python and git.

``@needs("logrotate")`` marks such a test ``world``: the README's test command leaves it out and says so at its end,
``tox run -e world`` runs it, and fails where something is missing.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from .etcds import ANOTHER, SERIES, has_series

if TYPE_CHECKING:
    import pytest

#: The programs that a test may need, and the Debian package of each.
PROGRAMS = {
    "chromium": "chromium",
    "curl": "curl",
    "dbus-daemon": "dbus-daemon",
    "fish": "fish",
    "ip": "iproute2",
    "logrotate": "logrotate",
    "node": "nodejs",
    "unshare": "util-linux",
    "zsh": "zsh",
}


def program(name: str) -> str | None:
    """Where the program ``name`` is; those of administrators are found by ordinary users, too."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin")))


# What is no program of a package.
_OTHERS: dict[str, Callable[[], bool]] = {
    **{name: partial(has_series, name) for name in (*SERIES, ANOTHER)},
    "root": lambda: os.geteuid() == 0,
}


def needs(*things: str) -> pytest.MarkDecorator:
    """Mark a test that needs ``things``: names of ``PROGRAMS`` and of ``SERIES`` of etcds, ``root``."""
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
