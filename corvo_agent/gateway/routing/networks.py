"""Where the gateway may dial.

Addresses come out of etcd, so every client that may write there chooses them. Only loopback and the networks that
the operator allowed are dialled, judged by the resolved address, and some are never dialled whatever was allowed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from ...errors import ConfigError, PermissionRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Where clouds serve credentials to any process inside; 169.254.169.254 is link-local besides.
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
)
# Prefixes behind which an IPv4 address stands: IPv4-compatible ones (RFC 4291 2.5.5.1), the well-known prefix of NAT64
# (RFC 6052) and the one for local use (RFC 8215), whose translators put it at the end or behind the first 48 bits.
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks such as ``10.0.0.0/8`` or single addresses; raises ConfigError for one that is neither."""
    found = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text.strip()))
        except ValueError as error:
            raise ConfigError("allow-network", text, str(error)) from None
    return tuple(found)


class DialPolicy:
    """Which addresses the gateway may dial: loopback and the ``allowed`` networks, nothing else.

    Link-local, multicast and metadata addresses are refused even when a network in ``allowed`` holds them.
    """

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def check(self, address: Address) -> None:
        """Pass an address that may be dialled; raises PermissionRefused, saying by which rule, for any other."""
        inner = _inner(address)
        # What it stands for comes first: Python 3.14 calls a mapped address link-local as the inner one is, and the
        # reason is to name the rule that the inner one breaks.
        for form in (address,) if inner is None else (inner, address):
            rule = _never(form)
            if rule:
                raise PermissionRefused(f"dialling {address}", f"{rule} are never dialled")
        # The kernel takes a mapped address for the inner one. Translators and tunnels are other machines: what they
        # call loopback is theirs, and no address inside this machine is reached through them.
        mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
        if inner is not None and inner.is_loopback and not mapped:
            raise PermissionRefused(f"dialling {address}", "loopback addresses of translators are never dialled")
        real = inner or address
        if real.is_loopback or any(real in network for network in self._allowed if network.version == real.version):
            return
        names = ", ".join(map(str, self._allowed)) or "none is"
        raise PermissionRefused(
            f"dialling {address}", f"it is neither loopback nor in a network allowed by --allow-network ({names})"
        )


def _inner(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for, by the ways in which one is written inside another."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    packed = address.packed
    if address in _LOCAL_NAT64 and not any(packed[11:]):
        # Behind the prefix there is an empty octet between the halves, and nothing after them (RFC 6052 section 2.2).
        return ipaddress.IPv4Address(packed[6:8] + packed[9:11])
    if address in _NAT64 or address in _LOCAL_NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(packed[12:])
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


def _never(address: Address) -> str:
    if address in _METADATA:
        return "metadata services"
    if address.is_link_local:
        return "link-local addresses"
    if address.is_multicast:
        return "multicast addresses"
    if address.is_unspecified:
        return "unspecified addresses"
    if address == ipaddress.IPv4Address("255.255.255.255"):
        return "broadcast addresses"
    return ""
