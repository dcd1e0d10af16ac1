"""Which tasks and threads of a process are the agent's own: nobody looks for those when a service is slow.

An agent that lives in the process it tells of is known by the names of its functions. One that looks from outside has
none there, and one that is a guest in the process has modules of a name of their own: what is called ``corvo_agent`` in
such a process, as in a gateway or a test run, is what it does.
"""

from __future__ import annotations

from collections.abc import Callable

from ..pprof.model import Profile, Stack
from .naming import is_library

#: How the modules of an agent that is a guest are called in profiles; they have no files.
ATTACHED = "corvo_agent.attached"
#: Among the comments of a profile that was taken from outside, or by a guest.
NOT_OURS = "of a process that is not the agent's own"
_RESIDENT = "corvo_agent"
# Its services are there to be looked at.
_DEMO = "corvo_agent.demo."
# These lines run as a guest's under another name.
_IS_GUEST = not __name__.startswith(f"{_RESIDENT}.")


def is_own(stack: Stack, package: str = ATTACHED if _IS_GUEST else _RESIDENT) -> bool:
    """Whether ``stack`` is an agent at work for itself: functions of ``package``, between those of libraries only.

    What a service's function called, such as an action of its own inside a query, or what calls the agent from the
    service, is the service's. By default the agent is the one that runs this.
    """
    ours = [_is_of(frame.function, package) for frame in stack]
    return any(ours) and all(own or is_library(frame.filename) for own, frame in zip(ours, stack, strict=True))


def own_stacks(profile: Profile) -> Callable[[Stack], bool]:
    """What says of a stack of ``profile`` whether it is that of the agent at work for itself."""
    package = _package_in(profile)
    return lambda stack: is_own(stack, package)


def own_functions(profile: Profile) -> Callable[[str], bool]:
    """What says of a function of ``profile``, by its module and qualified name, whether it is the agent's."""
    package = _package_in(profile)
    return lambda name: _is_of(name, package)


def remarks() -> tuple[str, ...]:
    """What a profile that is taken here has to say of whose process this is."""
    return (NOT_OURS,) if _IS_GUEST else ()


def shown_comments(profile: Profile) -> tuple[str, ...]:
    """The comments that people read: without the one that is for programs."""
    return tuple(each for each in profile.comments if each != NOT_OURS)


def _package_in(profile: Profile) -> str:
    return ATTACHED if NOT_OURS in profile.comments else _RESIDENT


def _is_of(function: str, package: str) -> bool:
    return function.startswith(f"{package}.") and not function.startswith(_DEMO)
