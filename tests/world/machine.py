"""What a test may need of the machine besides Python and git.

``@needs("logrotate")`` marks such a test ``world``: the README's test command leaves it out and says so at its end,
``tox run -e world``, or ``-e console`` where it is about the page, runs it and fails where something is missing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
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
    "nginx": "nginx",
    "node": "nodejs",
    "npm": "npm",
    "redis-server": "redis-server",
    "systemd-analyze": "systemd",
    "unshare": "util-linux",
    "zsh": "zsh",
}


def program(name: str) -> str | None:
    """Where the program ``name`` is; those of administrators are found by ordinary users, too."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin")))


#: Packages of Python that a test may need: the extra ``world`` has them.
PACKAGES = (
    *("IPython", "aiohttp", "anyio", "celery", "django", "eventlet", "fastapi", "flask", "gevent", "gunicorn", "mcp"),
    *("numpy", "opentelemetry", "PyInstaller", "pythonjsonlogger", "trio", "uvicorn", "uvloop"),
)


def has_uwsgi() -> bool:
    """Whether uWSGI is installed beside this Python: it is a program, and a module only inside of that."""
    return Path(sys.executable).with_name("uwsgi").exists()


def has_package(name: str) -> bool:
    """Whether ``name`` can be imported."""
    return importlib.util.find_spec(name) is not None


# What is no program of a Debian package.
_OTHERS: dict[str, Callable[[], bool]] = {
    **{name: partial(has_package, name) for name in PACKAGES},
    "python": lambda: True,
    "uwsgi": has_uwsgi,
    **{name: partial(has_series, name) for name in (*SERIES, ANOTHER)},
    "root": lambda: os.geteuid() == 0,
}


def needs(*things: str) -> pytest.MarkDecorator:
    """Mark a test that needs ``things``: names of ``PROGRAMS``, ``PACKAGES``, ``SERIES`` of etcds, uwsgi, or root."""
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
