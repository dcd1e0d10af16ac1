"""Names become addresses that may be dialled."""

from __future__ import annotations

import ipaddress

import pytest

from corvo_agent.errors import PermissionRefused, Unavailable
from corvo_agent.gateway.routing.networks import DialPolicy
from corvo_agent.gateway.routing.resolver import Resolver
from corvo_agent.testing import FakeClock


async def test_an_address_stands_for_itself() -> None:
    assert await Resolver(DialPolicy()).resolve("127.0.0.1") == ipaddress.ip_address("127.0.0.1")
    with pytest.raises(PermissionRefused):
        await Resolver(DialPolicy()).resolve("10.0.0.1")


async def test_a_name_is_judged_by_what_it_means() -> None:
    clock = FakeClock()
    resolver = Resolver(DialPolicy(), clock=clock, limit=1)
    first = await resolver.resolve("localhost")
    assert first.is_loopback
    assert await resolver.resolve("localhost") == first
    await clock.advance(31)
    assert await resolver.resolve("localhost") == first


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a" * 300, "x..y"])
async def test_a_name_that_means_nothing(name: str) -> None:
    with pytest.raises(Unavailable, match="the name is not known: ") as caught:
        await Resolver(DialPolicy()).resolve(name)
    assert "Errno" not in str(caught.value)
