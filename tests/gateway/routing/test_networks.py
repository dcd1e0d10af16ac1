"""What the gateway may dial, judged by address."""

from __future__ import annotations

import ipaddress

import pytest

from corvo_agent.errors import ConfigError, PermissionRefused
from corvo_agent.gateway.routing.networks import DialPolicy, parse_networks

EVERYTHING = DialPolicy(parse_networks(["0.0.0.0/0", "::/0"]))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_dialled_by_default(address: str) -> None:
    DialPolicy().check(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["10.0.0.1", "8.8.8.8", "2001:db8::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"])
def test_nothing_else_is_unless_allowed(address: str) -> None:
    with pytest.raises(PermissionRefused, match="allow-network"):
        DialPolicy().check(ipaddress.ip_address(address))
    EVERYTHING.check(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        ("169.254.169.254", "metadata"),
        ("::ffff:169.254.169.254", "metadata"),
        ("64:ff9b::a9fe:a9fe", "metadata"),
        ("2002:a9fe:a9fe::1", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("100.100.100.200", "metadata"),
        ("169.254.1.1", "link-local"),
        ("fe80::1", "link-local"),
        ("224.0.0.1", "multicast"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("255.255.255.255", "broadcast"),
    ],
)
def test_some_are_never_dialled_whatever_is_allowed(address: str, rule: str) -> None:
    with pytest.raises(PermissionRefused, match=rule):
        EVERYTHING.check(ipaddress.ip_address(address))


TRANSLATED_LOOPBACK = [
    "2002:7f00:1::",  # 6to4
    "2002:7f00:1::1",
    "64:ff9b::7f00:1",  # NAT64
    "64:ff9b::127.9.9.9",
    "64:ff9b:1::7f00:1",  # NAT64 for local use, the address at the end
    "64:ff9b:1:7f00:0:100::",  # and behind the prefix
    "2001:0:808:808::80ff:fffe",  # Teredo, whose inner address is inverted
    "::127.0.0.1",  # IPv4-compatible
]


@pytest.mark.parametrize("policy", [DialPolicy(), EVERYTHING])
@pytest.mark.parametrize("address", TRANSLATED_LOOPBACK)
def test_the_loopback_of_another_machine_is_not_ours(address: str, policy: DialPolicy) -> None:
    with pytest.raises(PermissionRefused, match="loopback addresses of translators"):
        policy.check(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["2002:a00:1::1", "64:ff9b::10.0.0.1", "2001:0:808:808::f5ff:fffe", "::10.0.0.1"])
def test_what_is_translated_is_judged_by_the_inner_address(address: str) -> None:
    DialPolicy(parse_networks(["10.0.0.0/8"])).check(ipaddress.ip_address(address))
    for others in ("11.0.0.0/8", "::/0"):
        with pytest.raises(PermissionRefused, match="allow-network"):
            DialPolicy(parse_networks([others])).check(ipaddress.ip_address(address))


def test_an_allowed_network_ends_at_its_edge() -> None:
    policy = DialPolicy(parse_networks(["10.1.0.0/16", "192.168.7.7"]))
    policy.check(ipaddress.ip_address("10.1.255.255"))
    policy.check(ipaddress.ip_address("192.168.7.7"))
    for outside in ("10.2.0.0", "192.168.7.8"):
        with pytest.raises(PermissionRefused):
            policy.check(ipaddress.ip_address(outside))


@pytest.mark.parametrize("text", ["10.0.0.1/8", "net", ""])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_networks([text])
