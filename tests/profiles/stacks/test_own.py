"""What is the agent's own work, and what is the service's."""

from __future__ import annotations

import pytest

from corvo_agent.profiles.pprof.model import Frame, Profile, Stack
from corvo_agent.profiles.stacks.own import NOT_OURS, is_own, own_functions, own_stacks

SERVICE = Frame("shop.views.get", "/srv/shop/views.py", 3)
LIBRARY = Frame("asyncio.locks.Event.wait", "/usr/lib/python3.11/asyncio/locks.py", 213)
FROZEN = Frame("runpy._run_code", "<frozen runpy>", 88)
OURS = Frame("corvo_agent.agent.agent.Agent.run", "/srv/lib/python3.11/site-packages/corvo_agent/agent/agent.py", 9)
DEMO = Frame(
    "corvo_agent.demo.checkout.Coupons.find", "/srv/lib/python3.11/site-packages/corvo_agent/demo/checkout.py", 9
)


@pytest.mark.parametrize(
    ("stack", "own"),
    [
        ((OURS,), True),
        ((LIBRARY, OURS), True),
        ((LIBRARY, OURS, FROZEN), True),
        # An action of the service's, called by the agent; the service that calls the agent; the service; a library.
        ((SERVICE, OURS, LIBRARY), False),
        ((LIBRARY, OURS, SERVICE), False),
        ((LIBRARY, SERVICE), False),
        ((LIBRARY,), False),
        # The demo's services are services.
        ((LIBRARY, DEMO, LIBRARY), False),
        ((), False),
    ],
)
def test_the_agent_s_own_work_is_its_functions_between_those_of_libraries(stack: Stack, own: bool) -> None:
    assert is_own(stack) is own


GUEST = Frame("corvo_agent.attached.framing.Unpacker.feed", "<frozen corvo_agent.attached.framing>", 9)


@pytest.mark.parametrize(
    ("comments", "stack", "own"),
    [
        ((), (OURS,), True),
        ((), (GUEST,), True),
        # A gateway that is looked at from outside: what hangs there is its own.
        ((NOT_OURS,), (LIBRARY, OURS), False),
        ((NOT_OURS,), (GUEST, LIBRARY), True),
        ((NOT_OURS,), (GUEST, OURS), True),
        ((NOT_OURS,), (SERVICE, GUEST), False),
    ],
)
def test_in_a_process_that_is_not_its_own_only_a_guest_is_the_agent(
    comments: tuple[str, ...], stack: Stack, own: bool
) -> None:
    profile = Profile((), comments=comments)
    assert own_stacks(profile)(stack) is own
    own_name = stack[-1] is GUEST or (stack[-1] is OURS and not comments)
    assert own_functions(profile)(stack[-1].function) is own_name
