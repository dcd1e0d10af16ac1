"""The environment of a service that ``corvo run`` starts: its settings, and what brings a stub into its processes."""

from __future__ import annotations

import os
from collections.abc import Mapping

#: The number of the process that ``corvo run`` has become: the service's first one.
FIRST = "CORVO_RUN"
#: A regular expression for the command lines of the processes that belong to the service, "" for the usual rule.
ONLY = "CORVO_RUN_ONLY"
#: The process that a stub was brought into last, above the one that reads this.
ABOVE = "CORVO_RUN_ABOVE"
#: The folder that Python finds its sitecustomize in.
INJECTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inject")
_PATH = "PYTHONPATH"


def service_environment(inherited: Mapping[str, str], settings: Mapping[str, str], only: str = "") -> dict[str, str]:
    """``inherited`` with ``settings``, for a service that this process is about to become."""
    paths = [path for path in inherited.get(_PATH, "").split(os.pathsep) if path and path != INJECTED]
    told = {**inherited, **settings, FIRST: str(os.getpid()), _PATH: os.pathsep.join((INJECTED, *paths))}
    told.pop(ABOVE, None)
    told.pop(ONLY, None)
    return {**told, ONLY: only} if only else told
