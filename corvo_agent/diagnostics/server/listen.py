"""Where a server may listen: an address read, resolved and held against the rule "loopback unless secured"."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import grp
import ipaddress
import os
import socket
import ssl as _ssl
import stat
from pathlib import Path

from ...addresses import SocketAddress, join_host_port
from ...errors import ConfigError, CorvoError, PermissionRefused, Unavailable, system_reason

_RESOLVE_TIMEOUT = 5.0
_BACKLOG = 128
_PEER_TIMEOUT_MS = 60_000


async def open_socket(
    listen: SocketAddress, *, ssl: _ssl.SSLContext | None, insecure: bool, patient: bool = False, group: str = ""
) -> socket.socket:
    """A listening socket.

    A peer that does not take what is on its way to it is given up after a minute, unless ``patient``: then the server
    itself decides how long it waits for one that is there and does not read. A unix socket is for its owner, and for
    ``group`` if that is given.

    Raises as ``check_allowed`` does; Unavailable for an address that is taken or is not this machine's,
    PermissionRefused where the system says no.
    """
    if listen.path:
        return _bind_unix(listen, group)
    family, address = await check_allowed(listen, ssl=ssl, insecure=insecure)
    # With the protocol named: asyncio and grpclib switch Nagle's algorithm off only for sockets that say TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it: a peer that is gone with an answer on its way to it is given up after this time.
        if not patient:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _PEER_TIMEOUT_MS)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise listen_error(listen, error) from error
    return listener


async def check_allowed(
    listen: SocketAddress, *, ssl: _ssl.SSLContext | None, insecure: bool
) -> tuple[int, tuple[object, ...]]:
    """The family and address that host and port of ``listen`` stand for.

    Raises ConfigError for a name that is not resolved, and for an address other machines can reach without TLS that
    asks clients for a certificate, unless ``insecure``: anyone who reaches the port could then read logs and run
    actions. Raises Unavailable when resolving takes too long.
    """
    family, address = await _resolve(listen)
    if not insecure and not ipaddress.ip_address(str(address[0])).is_loopback and not _authenticates(ssl):
        raise ConfigError(
            "listen",
            str(listen),
            "other machines can reach it: it needs TLS that asks clients for a certificate, or the word insecure",
        )
    return family, address


def address_of(listener: socket.socket) -> str:
    """What a client has to dial: "HOST:PORT", "[V6]:PORT" or "unix:PATH"."""
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return str(SocketAddress(path=name))
    return join_host_port(*name[:2])


def remove_path(listen: SocketAddress) -> None:
    """Take the file of a unix socket away; nothing happens when it is gone."""
    if listen.path:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(listen.path)


def _authenticates(ssl: _ssl.SSLContext | None) -> bool:
    return ssl is not None and ssl.verify_mode == _ssl.CERT_REQUIRED


async def _resolve(listen: SocketAddress) -> tuple[int, tuple[object, ...]]:
    loop, kind, flags = asyncio.get_running_loop(), socket.SOCK_STREAM, socket.AI_PASSIVE
    # An address needs no thread, for which a crowded process may have no time.
    with contextlib.suppress(socket.gaierror):
        family, _, _, _, address = socket.getaddrinfo(
            listen.host, listen.port, type=kind, flags=flags | socket.AI_NUMERICHOST
        )[0]
        return family, address
    try:
        async with asyncio.timeout(_RESOLVE_TIMEOUT):
            found = await loop.getaddrinfo(listen.host, listen.port, type=kind, flags=flags)
    except TimeoutError:
        raise Unavailable(str(listen), f"its name is not resolved within {_RESOLVE_TIMEOUT:g} s") from None
    except OSError as error:
        raise ConfigError("listen", str(listen), f"its name is not resolved ({system_reason(error)})") from error
    family, _, _, _, address = found[0]
    return family, address


def _bind_unix(listen: SocketAddress, group: str) -> socket.socket:
    number = _group_id(group) if group else -1
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale(listen.path)
        listener.setblocking(False)
        listener.bind(listen.path)
        # Whoever may write to the socket may ask: its owner, and the group. No one is listened to before.
        os.chmod(listen.path, stat.S_IRUSR | stat.S_IWUSR)
        if group:
            os.chown(listen.path, -1, number)
            os.chmod(listen.path, stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise listen_error(listen, error) from error
    return listener


def _group_id(group: str) -> int:
    if group.isdecimal() and group.isascii():
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise ConfigError("socket-group", group, "there is no such group") from None


def _remove_stale(path: str) -> None:
    """Remove the socket of a process that is gone; one that is answered on stays, and binding to it fails."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.setblocking(False)
            probe.connect(path)
    except ConnectionRefusedError:
        os.unlink(path)
    except (FileNotFoundError, BlockingIOError):
        return


def listen_error(listen: SocketAddress, error: OSError) -> CorvoError:
    """Our error for what the system said."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return PermissionRefused(f"listening on {listen}", system_reason(error))
    if error.errno == errno.EADDRINUSE:
        if listen.path and not Path(listen.path).is_socket():
            return ConfigError("listen", str(listen), "there is something else than a socket, which is not replaced")
        return Unavailable(str(listen), "another process listens there already")
    return Unavailable(str(listen), system_reason(error))
