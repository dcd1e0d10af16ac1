"""Which of its addresses a machine announces when it listens on all of them."""

from __future__ import annotations

import socket

import pytest

from corvo_agent.addresses import address_to_dial
from corvo_agent.errors import Unavailable
from corvo_agent.modules.announcing.route import local_address


async def test_it_is_the_one_from_which_a_peer_is_reached() -> None:
    assert await local_address("0.0.0.0", [address_to_dial("127.0.0.1:2379")]) == "127.0.0.1"
    assert await local_address("::", [address_to_dial("[::1]:2379")]) == "::1"


async def test_a_peer_without_a_name_or_of_the_other_family_is_passed_over() -> None:
    peers = [address_to_dial(peer) for peer in ("no-such-host.invalid:1", "[::1]:1", "127.0.0.1:1")]
    assert await local_address("0.0.0.0", peers) == "127.0.0.1"


@pytest.mark.parametrize(("listening", "family"), [("0.0.0.0", socket.AF_INET), ("::", socket.AF_INET6)])
async def test_without_peers_it_is_that_of_the_default_route(listening: str, family: socket.AddressFamily) -> None:
    told = ""
    try:
        # It is ours: it can be listened on.
        socket.create_server((await local_address(listening, []), 0), family=family).close()
    except Unavailable as error:
        told = str(error)
    # A machine without that route has to say what to do.
    assert told == "" or "tell which with --advertise" in told
