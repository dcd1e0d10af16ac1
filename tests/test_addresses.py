"""Addresses that people and stores give: what is one, what it means, and that its text is read as the same again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.addresses import (
    SocketAddress,
    address_to_announce,
    address_to_dial,
    address_to_listen,
    is_loopback,
)
from corvo_agent.errors import ConfigError, InvalidArgument


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:1", SocketAddress("a", 1)),
        ("[::1]:65535", SocketAddress("::1", 65535)),
        ("10.0.0.1:80", SocketAddress("10.0.0.1", 80)),
        ("unix:/run/agent", SocketAddress(path="/run/agent")),
        ("unix:relative:1", SocketAddress(path="relative:1")),
    ],
)
def test_what_is_an_address(text: str, expected: SocketAddress) -> None:
    assert address_to_dial(text) == address_to_listen(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text", ["", "a", "a:", ":1", "[]:1", "a:65536", "a:x", "a:-1", "a:١", "a:000001", "unix:", "/run/agent:1", "[::1]"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^address: "):
        address_to_dial(text)
    with pytest.raises(ConfigError, match=r"^listen: "):
        address_to_listen(text)


@pytest.mark.parametrize("text", ["::1", "::1:9000", "fe80::1", "a:b:1", "[::1:9000"])
def test_a_group_of_an_ipv6_address_does_not_pass_for_a_port(text: str) -> None:
    with pytest.raises(InvalidArgument, match="an IPv6 address in brackets"):
        address_to_dial(text)


def test_port_0_is_for_listening_only() -> None:
    assert address_to_listen("127.0.0.1:0") == SocketAddress("127.0.0.1", 0)
    with pytest.raises(InvalidArgument, match="port 0"):
        address_to_dial("127.0.0.1:0")


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "[0:0::0]", "[::ffff:0.0.0.0]"])
def test_what_stands_for_all_addresses_is_for_listening_only(host: str) -> None:
    assert address_to_listen(f"{host}:1").port == 1
    with pytest.raises(InvalidArgument, match="advertise: stands for all addresses of this machine"):
        address_to_announce(f"{host}:1")
    assert str(address_to_announce("10.0.0.1:1")) == "10.0.0.1:1"


def test_a_unix_socket_passes_only_where_it_may() -> None:
    for read in (address_to_dial, address_to_listen):
        with pytest.raises(InvalidArgument, match="must be HOST:PORT"):
            read("unix:/run/agent", "listen", unix=False)


@given(st.text(max_size=20) | st.from_regex(r"(\[[:0-9a-f]{1,8}\]|[a-z.]{1,5}):[0-9]{1,5}", fullmatch=True))
def test_any_text_is_an_address_or_a_clear_error(text: str) -> None:
    try:
        found = address_to_dial(text, unix=False)
    except InvalidArgument:
        return
    assert found.host
    assert 0 < found.port < 65536
    assert address_to_dial(str(found), unix=False) == found


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
