"""The address of this machine that others can dial: the one from which it reaches them."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

from ...addresses import SocketAddress
from ...errors import Unavailable

# Reserved for documentation, so nothing is there; what leads to it is the default route.
_ANYWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
_RESOLVE_TIMEOUT = 2.0


async def local_address(listening: str, peers: Sequence[SocketAddress]) -> str:
    """The IP address from which this machine reaches the first of ``peers`` that it has a route to.

    It is of the family of the IP address ``listening``, which stands for all of them. Where no peer can be reached in
    that family it is the address that the default route uses. Nothing is sent. Raises Unavailable when there is none.
    """
    family = socket.AF_INET6 if ":" in listening else socket.AF_INET
    for peer in (*peers, SocketAddress(_ANYWHERE[family], 1)):
        found = _source(family, await _resolved(family, peer))
        if found is not None:
            return found
    version = 6 if family == socket.AF_INET6 else 4
    raise Unavailable(
        f"[{listening}]" if version == 6 else listening,
        f"it stands for all addresses, and this machine has no IPv{version} address that others can dial: "
        "tell which with --advertise",
    )


async def _resolved(family: int, peer: SocketAddress) -> tuple[object, ...] | None:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_RESOLVE_TIMEOUT):
            found = await loop.getaddrinfo(peer.host, peer.port, family=family, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError, TimeoutError):
        return None
    return found[0][4]


def _source(family: int, peer: tuple[object, ...] | None) -> str | None:
    """What the system would send to ``peer`` from; connecting a datagram socket only asks for the route."""
    if peer is None:
        return None
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(peer)
        except OSError:
            return None
        source = str(probe.getsockname()[0])
    # A link-local address means nothing without the name of a network card, which is another one on each machine.
    return None if ipaddress.ip_address(source.partition("%")[0]).is_link_local else source
