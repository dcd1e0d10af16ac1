"""Which user of this machine is at the other end of a connection: the kernel knows.

A unix socket tells it (SO_PEERCRED, unix(7)). Of a TCP connection over loopback the other end is a socket of this
machine as well: sock_diag(7) tells whose it is, and where it is not to be had /proc/net/tcp.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import pwd
import resource
import socket
import struct
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ..errors import ConfigError, PermissionRefused, ResourceExhausted
from .caller import Caller
from .roles import Role

_CREDENTIALS = struct.Struct("3i")
_NETLINK_SOCK_DIAG = 4
_BY_FAMILY, _NLMSG_ERROR, _NLM_F_REQUEST = 20, 2, 1
_HEADER = struct.Struct("=IHHII")
# inet_diag_req_v2: family, protocol, extensions, padding, states; then an inet_diag_sockid.
_REQUEST = struct.Struct("=BBBBI")
_SOCKET_ID = struct.Struct("!HH16s16s")
_ANY_INTERFACE, _ANY_COOKIE = b"\0" * 4, b"\xff" * 8
# inet_diag_msg: four bytes, an inet_diag_sockid of 48, then expires, both queues, uid and inode.
_FOUND = struct.Struct("=4B48xIIIII")
_ALL_STATES = 0xFFFFFFFF
# A line of /proc/net/tcp: the local and the other end, the uid and the inode are these of its words.
_LOCAL, _OTHER, _UID, _INODE = 1, 2, 7, 9

_End = tuple[str, int]


def user_id(text: str, what: str = "allow-user") -> int:
    """The number of the user called ``text``, which may be the number itself; raises ConfigError naming ``what``."""
    if text.isdecimal() and text.isascii():
        return int(text)
    try:
        return pwd.getpwnam(text).pw_uid
    except KeyError:
        raise ConfigError(what, text, "there is no such user") from None


def user_name(uid: int) -> str:
    """``uid 1000 (alice)``, and only the number of a user without a name."""
    try:
        return f"uid {uid} ({pwd.getpwuid(uid).pw_name})"
    except KeyError:
        return f"uid {uid}"


def peer_uid(connection: Any) -> int | None:
    """The user at the other end of ``connection``, a connected socket of this machine; None when none is known.

    None too for a TCP connection whose other end is closed already, which has no owner any more, and for one from
    another network namespace. Takes some microseconds. Raises ResourceExhausted where the process may open no more
    files.
    """
    if connection.family == socket.AF_UNIX:
        with contextlib.suppress(OSError):
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            return int(_CREDENTIALS.unpack(credentials)[1])
        return None
    try:
        here, there = connection.getsockname()[:2], connection.getpeername()[:2]
    except OSError:
        return None
    try:
        return _ask_kernel(there, here)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            # Not to be taken for a user who is not known: that would be remembered as long as the connection lasts.
            raise ResourceExhausted("open files", resource.getrlimit(resource.RLIMIT_NOFILE)[0]) from error
        # A sandbox may have no netlink.
        return _look_up(there, here)


class LocalUsers:
    """The users whose connections over loopback and unix sockets are answered: that of this process, root, ``others``.

    ``anyone`` answers every user: for a socket whose file says who may open it.
    """

    def __init__(self, others: Collection[int] = (), *, anyone: bool = False) -> None:
        self._own = os.geteuid()
        self._allowed = frozenset((self._own, 0, *others))
        self._anyone = anyone

    def check(self, connection: Any) -> Caller:
        """Whose ``connection`` it is; raises PermissionRefused, which names both users and the option."""
        uid = peer_uid(connection)
        if uid is None:
            name, who = "", "no user of this machine is known to have made this connection"
        elif uid in self._allowed or self._anyone:
            return Caller(user_name(uid), Role.ADMIN)
        else:
            name = user_name(uid)
            who = f"the caller is {name}"
        raise PermissionRefused(
            "the call",
            f"{who}, this program is {user_name(self._own)}: let it answer others with --allow-user, "
            "or give it tokens or TLS that asks clients for a certificate",
            name,
        )


def _ask_kernel(owner: _End, other: _End) -> int | None:
    """Whose the socket is that is connected from ``owner`` to ``other``, by sock_diag; None when there is none."""
    family, local, remote = _packed(owner[0], other[0])
    request = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0, _ALL_STATES)
    request += _SOCKET_ID.pack(owner[1], other[1], local, remote) + _ANY_INTERFACE + _ANY_COOKIE
    header = _HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _NLM_F_REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG) as netlink:
        netlink.sendto(header + request, (0, 0))
        # The kernel has answered before sendto returns.
        answer = netlink.recv(4096, socket.MSG_DONTWAIT)
    _, kind, *_ = _HEADER.unpack_from(answer)
    if kind != _BY_FAMILY:
        (code,) = struct.unpack_from("=i", answer, _HEADER.size)
        if kind == _NLMSG_ERROR and code == -2:  # ENOENT
            return None
        raise OSError(-code, "sock_diag has no answer")
    *_, uid, inode = _FOUND.unpack_from(answer, _HEADER.size)
    return uid if inode else None


def _packed(owner: str, other: str) -> tuple[int, bytes, bytes]:
    """The family of two addresses, and both as sock_diag has them; IPv4 within IPv6 is IPv4."""
    pair = [_plain(owner), _plain(other)]
    family = socket.AF_INET if pair[0].version == 4 else socket.AF_INET6
    local, remote = (address.packed.ljust(16, b"\0") for address in pair)
    return family, local, remote


def _plain(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def _look_up(owner: _End, other: _End) -> int | None:
    """The same by the tables of /proc, which list every connection there is."""
    wanted = ((_plain(owner[0]), owner[1]), (_plain(other[0]), other[1]))
    for words in _table("tcp"), _table("tcp6"):
        for line in words:
            if (_end(line[_LOCAL]), _end(line[_OTHER])) == wanted:
                return int(line[_UID]) if int(line[_INODE]) else None
    return None


def _table(name: str) -> Iterator[list[str]]:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/net", name).read_text().splitlines()[1:]:
            yield line.split()


def _end(text: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    address, _, port = text.partition(":")
    # Each word of four bytes is written as a number of this machine.
    words = [int(address[start : start + 8], 16).to_bytes(4, sys.byteorder) for start in range(0, len(address), 8)]
    return _plain(str(ipaddress.ip_address(b"".join(words)))), int(port, 16)
