"""Which tasks and threads of a process are the agent's own: nobody looks for those when a service is slow."""

from __future__ import annotations

from ..pprof.model import Frame, Stack
from .naming import is_library

#: How the names of the agent's own functions begin.
OWN = "corvo_agent."


def is_own(stack: Stack) -> bool:
    """Whether ``stack`` is the agent at work for itself: its functions, between those of libraries only.

    What a service's function called, such as an action of its own inside a query, or what calls the agent from the
    service, is the service's.
    """
    return any(_is_ours(frame) for frame in stack) and all(
        _is_ours(frame) or is_library(frame.filename) for frame in stack
    )


def _is_ours(frame: Frame) -> bool:
    return frame.function.startswith(OWN)
