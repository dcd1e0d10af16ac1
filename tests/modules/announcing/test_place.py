"""A loopback address is another process in each network namespace, and a socket's path on each machine."""

from __future__ import annotations

import os
import platform
from dataclasses import replace

import pytest

from corvo_agent.addresses import address_to_dial
from corvo_agent.errors import PreconditionFailed
from corvo_agent.modules.announcing.endpoint import Endpoint
from corvo_agent.modules.announcing.place import Place, check_reach, this_place

HERE = Place("node1", "boot-1", "4026531833")
BESIDE = replace(HERE, network_namespace="4026532000")
ELSEWHERE = Place("node2", "boot-2", "4026531833")
LOOPBACK = ("127.0.0.1:9", "127.9.9.9:9", "[::1]:9", "localhost:9")


def reached(address: str, there: Place) -> bool:
    """Whether what an agent that runs ``there`` has announced is its own from HERE, too."""
    endpoint = Endpoint(address, host=there.host, boot_id=there.boot_id, network_namespace=there.network_namespace)
    try:
        check_reach(endpoint, address_to_dial(address), HERE)
    except PreconditionFailed:
        return False
    return True


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback_is_dialled_from_the_same_network_only(address: str) -> None:
    assert [reached(address, there) for there in (HERE, BESIDE, ELSEWHERE)] == [True, False, False]


def test_a_unix_socket_is_dialled_from_the_same_machine_only() -> None:
    assert [reached("unix:/run/a", there) for there in (HERE, BESIDE, ELSEWHERE)] == [True, True, False]


def test_other_addresses_and_those_that_name_no_place_are_believed() -> None:
    assert reached("10.0.0.1:9", ELSEWHERE)
    assert reached("127.0.0.1:9", Place())


@pytest.mark.parametrize(
    ("there", "expected"), [(BESIDE, "node1, which is another network namespace"), (ELSEWHERE, "another machine")]
)
def test_why_it_is_not_dialled_is_said(there: Place, expected: str) -> None:
    endpoint = Endpoint("127.0.0.1:9", 1, 0, "", "", there.host, there.boot_id, there.network_namespace)
    with pytest.raises(PreconditionFailed, match=expected) as raised:
        check_reach(endpoint, address_to_dial("127.0.0.1:9"), HERE)
    assert "[127.0.0.1:9]" in str(raised.value)
    assert "--advertise" in str(raised.value)


def test_this_place_is_what_the_system_says() -> None:
    here = this_place()
    assert here.host == platform.node()
    assert here.network_namespace == os.readlink("/proc/self/ns/net").removeprefix("net:[").removesuffix("]")
    assert len(here.boot_id) == 36
