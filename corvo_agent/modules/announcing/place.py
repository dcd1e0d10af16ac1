"""Where a process runs, as far as it decides which of its addresses another process can dial."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...addresses import SocketAddress, is_loopback
from ...errors import PreconditionFailed, shorten
from .endpoint import Endpoint

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NETWORK_NAMESPACE = "/proc/self/ns/net"


@dataclass(frozen=True, slots=True)
class Place:
    """A network on a machine. What the system does not tell is "".

    ``host`` is the name of the machine, for people. ``boot_id`` is Linux's random id of the machine since it was
    started, which its containers share; ``network_namespace`` the inode of the namespace on it.
    """

    host: str = ""
    boot_id: str = ""
    network_namespace: str = ""


def this_place() -> Place:
    """Where this process runs, as it was when that was first asked for."""
    return _read_place()


@cache
def _read_place() -> Place:
    try:
        namespace = str(os.stat(_NETWORK_NAMESPACE).st_ino)
        boot_id = _BOOT_ID.read_text().strip()
    except OSError:
        return Place(platform.node())
    return Place(platform.node(), boot_id, namespace)


def check_reach(endpoint: Endpoint, address: SocketAddress, here: Place | None = None) -> None:
    """Pass where ``address``, which ``endpoint`` announced or stands for, is that agent's own also from ``here``.

    A loopback address means another process in each network namespace, the path of a socket on each machine. Raises
    PreconditionFailed for one of another place. An endpoint that names no place, as one written by hand, is believed.
    """
    here = here or this_place()
    if address.path:
        same = endpoint.boot_id == here.boot_id
    elif is_loopback(address.host):
        same = (endpoint.boot_id, endpoint.network_namespace) == (here.boot_id, here.network_namespace)
    else:
        return
    if endpoint.boot_id and not same:
        other = "another network namespace" if endpoint.boot_id == here.boot_id else "another machine"
        raise PreconditionFailed(
            f"endpoint address [{shorten(endpoint.address)}] is only for programs beside that agent on host "
            f"{shorten(endpoint.host)}, which is {other}: let the agent listen on an address that others can dial, "
            "or tell it which with --advertise"
        )
