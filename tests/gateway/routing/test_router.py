"""From a Module to an address: what its status says, and what an endpoint may say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import PreconditionFailed
from corvo_agent.gateway.routing.router import NAPLES_PORT, check_service_port, split_address, status_address
from corvo_agent.modules.model import ServicePort

from ..modules import module

TWO = (ServicePort("grpc", 1), ServicePort("pen-npm", 2))


@pytest.mark.parametrize(
    ("ports", "service", "port"),
    [
        (TWO, "", 2),
        (TWO, "grpc", 1),
        ((ServicePort("odd", 7),), "", 7),
        ((ServicePort("odd", 7),), "odd", 7),
    ],
)
def test_the_port_is_that_of_the_service_or_the_only_one(
    ports: tuple[ServicePort, ...], service: str, port: int
) -> None:
    assert status_address(module(ports=ports), service) == ("node1", port)


@pytest.mark.parametrize("ports", [(), (ServicePort("a", 1), ServicePort("b", 2)), (ServicePort("pen-npm", 0),)])
def test_without_a_port_there_is_no_instance(ports: tuple[ServicePort, ...]) -> None:
    with pytest.raises(PreconditionFailed, match=r"unable to locate service instance for module \[node1-pen-npm\]"):
        status_address(module(ports=ports), "")


def test_a_nic_without_ports_answers_at_its_usual_one() -> None:
    assert status_address(module(category="naples", node="10.1.2.3/24", ports=()), "") == ("10.1.2.3", NAPLES_PORT)


def test_the_service_of_a_nic_is_not_checked() -> None:
    check_service_port(module(category="naples"), "whatever")
    with pytest.raises(PreconditionFailed):
        check_service_port(module(), "whatever")


@pytest.mark.parametrize(
    ("text", "expected"), [("a:1", ("a", 1)), ("[::1]:65535", ("::1", 65535)), ("10.0.0.1:80", ("10.0.0.1", 80))]
)
def test_an_endpoint_is_host_and_port(text: str, expected: tuple[str, int]) -> None:
    assert split_address(text) == expected


@pytest.mark.parametrize("text", ["", "a", "a:", ":1", "a:0", "a:65536", "a:x", "unix:/run/agent", "unix:/a:1", "a:١"])
def test_an_endpoint_that_is_neither(text: str) -> None:
    with pytest.raises(PreconditionFailed):
        split_address(text)


@given(st.text(max_size=20))
def test_any_text_is_an_address_or_a_clear_error(text: str) -> None:
    try:
        host, port = split_address(text)
    except PreconditionFailed:
        return
    assert host
    assert 0 < port < 65536
