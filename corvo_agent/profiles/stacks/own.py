"""Which tasks and threads of a process are the agent's own: nobody looks for those when a service is slow."""

from __future__ import annotations

from ..pprof.model import Frame, Stack
from .naming import is_library

_PACKAGE = "corvo_agent."
# Its services are there to be looked at.
_DEMO = "corvo_agent.demo."


def is_own(stack: Stack) -> bool:
    """Whether ``stack`` is the agent at work for itself: its functions, between those of libraries only.

    What a service's function called, such as an action of its own inside a query, or what calls the agent from the
    service, is the service's.
    """
    return any(_is_ours(frame) for frame in stack) and all(
        _is_ours(frame) or is_library(frame.filename) for frame in stack
    )


def is_own_function(name: str) -> bool:
    """Whether a function, by its module and qualified name, is the agent's."""
    return name.startswith(_PACKAGE) and not name.startswith(_DEMO)


def _is_ours(frame: Frame) -> bool:
    return is_own_function(frame.function)
