"""Which process a sidecar looks after, when it knows only where that one listens."""

from __future__ import annotations

from urllib.parse import urlsplit

import psutil

from ...addresses import is_loopback
from .process import FindTarget, ProcessIdentity, process_identity, staying

_DEFAULT_PORTS = {"http": 80, "https": 443}


def target_of_url(url: str) -> FindTarget | None:
    """Finds the process of this machine that listens where ``url`` leads; None when it leads to another machine.

    Of several it is the one that began first; once found it stays the target as long as it runs. Where the system
    does not tell whose a socket is, because it is another user's, none is found.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        # No URL at all: that is for those to say who call it.
        return None
    if not port or not is_loopback(parts.hostname or ""):
        return None
    return staying(lambda: _listener(port))


def _listener(port: int) -> ProcessIdentity | None:
    pids = {
        each.pid
        for each in psutil.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN and each.pid and each.laddr[1:] == (port,)
    }
    found = [identity for pid in pids if (identity := process_identity(pid)) is not None]
    # Workers inherit the socket of their parent, which began first.
    return min(found, key=lambda identity: (identity.started, identity.pid), default=None)
