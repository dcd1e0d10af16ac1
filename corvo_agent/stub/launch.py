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
# The folder of this package comes last: it is found already wherever the host found it by its settings.
_PROGRAM = "import sys; sys.path.append(sys.argv.pop(1)); from corvo_agent.hub.main import main; main()"


class StartLock:
    """Held by at most one process: the one that starts a hub. It ends with the process, however that ends."""

    def __init__(self, place: MeetingPlace) -> None:
        self._path = place.start
        #: The descriptor while it is held, else -1.
        self.descriptor = -1

    def acquire(self) -> bool:
        """Take it; False while another process has it. Raises OSError."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self.descriptor = descriptor
        return True

    def release(self) -> None:
        """Give it back; nothing happens when it is not held."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def start_hub(place: MeetingPlace, settings: Mapping[str, str]) -> None:
    """Start a hub at ``place``; ``settings`` are variables over those of this process's environment.

    Blocks for as long as Python takes to start. Raises OSError where no process can be started.
    """
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    arguments = [interpreter(), "-P", "-c", _PROGRAM, package, place.stem]
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
    return {**kept, **settings}
