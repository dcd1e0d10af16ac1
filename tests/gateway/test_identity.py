"""Each run of a gateway is told apart from every other one."""

from __future__ import annotations

from corvo_agent.gateway.identity import GatewayIdentity
from corvo_agent.testing import FakeClock


def test_each_run_has_a_name_of_its_own_and_says_when_it_began() -> None:
    clock = FakeClock()
    one, other = GatewayIdentity.of(clock), GatewayIdentity.of(clock)
    assert one.id != other.id
    assert one.started == clock.time_ns()
    assert one.as_json().keys() == {"id", "version", "started"}
