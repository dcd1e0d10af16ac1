"""Addresses as people write them: HOST:PORT, [V6]:PORT and unix:PATH, read and written in one place."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from .errors import ConfigError, InvalidArgument

_UNIX = "unix:"
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class SocketAddress:
    """A host (a name, or an IP address without brackets) and a port; or the path of a unix socket.

    Its text is what it is read from: ``host:1``, ``[::1]:1``, ``unix:/run/agent``.
    """

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        return f"{_UNIX}{self.path}" if self.path else join_host_port(self.host, self.port)


def join_host_port(host: object, port: int) -> str:
    """``HOST:PORT``, with brackets around an IPv6 address."""
    text = str(host)
    return f"[{text}]:{port}" if ":" in text else f"{text}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``; names other than localhost are not looked up."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_unspecified(host: str) -> bool:
    """Whether ``host`` stands for all addresses of a machine, which can be listened on, but not dialled."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return ((isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address).is_unspecified


def address_to_announce(text: str, what: str = "advertise") -> SocketAddress:
    """What others are to dial. Raises InvalidArgument naming ``what``, also for an address that only listens."""
    address = address_to_dial(text, what)
    if is_unspecified(address.host):
        raise InvalidArgument(what, text, "stands for all addresses of this machine: others cannot dial it")
    return address


def address_to_dial(text: str, what: str = "address", *, unix: bool = True) -> SocketAddress:
    """Where a server answers. Raises InvalidArgument naming ``what``; a path only passes with ``unix``."""
    address = _parse(text, what, unix=unix)
    if not address.path and address.port == 0:
        raise InvalidArgument(what, text, "port 0 cannot be dialled")
    return address


def address_to_listen(text: str, what: str = "listen", *, unix: bool = True) -> SocketAddress:
    """Where to listen; port 0 stands for a free one. Raises ConfigError naming ``what``."""
    try:
        return _parse(text, what, unix=unix)
    except InvalidArgument as error:
        raise ConfigError(what, text, error.reason) from None


def _parse(text: str, what: str, *, unix: bool) -> SocketAddress:
    if unix and text.startswith(_UNIX):
        path = text.removeprefix(_UNIX)
        if not path:
            raise InvalidArgument(what, text, "the path of the unix socket is missing")
        return SocketAddress(path=path)
    form = "must be HOST:PORT or unix:PATH" if unix else "must be HOST:PORT"
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        # Without brackets the last group of an IPv6 address would pass for a port.
        raise InvalidArgument(what, text, f"{form}, with an IPv6 address in brackets")
    # isdecimal alone lets through digits of other scripts, which other programs do not read.
    if not host or "/" in host or not (port.isascii() and port.isdecimal() and len(port) <= 5):
        raise InvalidArgument(what, text, form)
    if int(port) > _MAX_PORT:
        raise InvalidArgument(what, text, f"a port is at most {_MAX_PORT}")
    return SocketAddress(host, int(port))
