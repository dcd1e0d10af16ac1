"""Starts the hub of a Module, a process of its own that outlives the one which starts it.

Nothing of the host reaches it but the environment: no descriptor, no terminal, no group of processes. It is not the
host's child either, once it runs: the program that is started here forks and ends.
"""

from __future__ import annotations

import fcntl
import os
import posix
import sys
from collections.abc import Mapping

from .descriptor import Descriptor, out_of_the_way
from .place import MeetingPlace

#: In the environment of a process that ``corvo run`` has started: what it took the place of, see ``run``.
RUN_VARIABLES = ("CORVO_RUN", "CORVO_RUN_ONLY")
# Others change how an interpreter runs, or what it prints; what says where packages and their bytecode are stays.
_ABOUT_PACKAGES = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONNOUSERSITE",
    "PYTHONUSERBASE",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
)
# Where the host finds packages comes last: most are found already, and none must come before the standard library's.
_PROGRAM = (
    "import sys; sys.path += [place for place in sys.argv.pop(1).split(':') if place not in sys.path]; "
    "from corvo_agent.hub.main import main; main()"
)
# What an interpreter runs at its start where it finds them: see the documents of ``site``.
_CUSTOMIZING = ("sitecustomize", "usercustomize")


class StartLock:
    """Held by at most one process: the one that starts a hub. It ends with the process, however that ends."""

    def __init__(self, place: MeetingPlace) -> None:
        self._path = place.start
        self._held: Descriptor | None = None

    @property
    def is_held(self) -> bool:
        """Whether this one holds it."""
        return self._held is not None

    def acquire(self) -> bool:
        """Take it; False while another process has it. Raises OSError."""
        descriptor = Descriptor(out_of_the_way(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)))
        try:
            fcntl.flock(descriptor.number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            descriptor.close()
            return False
        except BaseException:
            descriptor.close()
            raise
        self._held = descriptor
        return True

    def release(self) -> None:
        """Give it back; nothing happens when it is not held."""
        descriptor, self._held = self._held, None
        if descriptor is not None:
            descriptor.close()


def start_hub(place: MeetingPlace, settings: Mapping[str, str]) -> None:
    """Start a hub at ``place``; ``settings`` are variables over those of this process's environment.

    Blocks for as long as Python takes to start. Raises OSError where no process can be started.
    """
    arguments = [interpreter(), "-P", "-c", _PROGRAM, os.pathsep.join(_places()), place.stem]
    nothing = [(posix.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
    # Not os.posix_spawn: gevent puts its own in that place.
    pid = posix.posix_spawn(arguments[0], arguments, _environment(settings), file_actions=nothing)
    try:
        # It forks and ends at once; its child is nobody's but the system's.
        _, status = posix.waitpid(pid, 0)
    except ChildProcessError:
        # The host waits for every child that it has, or has said that it waits for none.
        return
    if status:
        raise OSError(f"its program {arguments[0]} ended with status {posix.waitstatus_to_exitcode(status)}")


def interpreter() -> str:
    """The Python that the host runs, where that is a Python; inside another program, the one that it belongs to."""
    program = sys.executable or ""
    if os.path.basename(program).startswith(("python", "pypy")):
        return program
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for prefix in (sys.prefix, sys.base_prefix):
        found = os.path.join(prefix, "bin", name)
        if os.access(found, os.X_OK):
            return found
    raise FileNotFoundError(f"there is no {name} in {sys.prefix} to run the hub with")


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if (not name.startswith("PYTHON") or name in _ABOUT_PACKAGES) and name not in RUN_VARIABLES
    }
    if paths := kept.get("PYTHONPATH"):
        # Tracers put their own there, for the host: what they find in a hub they would tell as the host's.
        kept["PYTHONPATH"] = os.pathsep.join(path for path in paths.split(os.pathsep) if not _customizes(path))
    return {**kept, **settings}


def _places() -> list[str]:
    """Where packages are found, this one first: also what the host has added since it began."""
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return [package, *(place for place in sys.path if os.path.isabs(place) and place != package)]


def _customizes(path: str) -> bool:
    return any(os.path.exists(os.path.join(path, f"{name}.py")) for name in _CUSTOMIZING)
