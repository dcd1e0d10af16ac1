"""What is the agent's own work, and what is the service's."""

from __future__ import annotations

import pytest

from corvo_agent.profiles.pprof.model import Frame, Stack
from corvo_agent.profiles.stacks.own import is_own

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
