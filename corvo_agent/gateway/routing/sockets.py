"""Which Unix sockets the gateway may dial: those of agents on its own host, in folders that the operator allowed.

Paths come out of etcd, as addresses do: without folders any program with a socket could be spoken to.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from ...addresses import SocketAddress
from ...errors import PermissionRefused, PreconditionFailed, Unavailable, system_reason
from ...modules.announcing.endpoint import Endpoint
from ...modules.announcing.place import check_reach


class SocketPolicy:
    """Sockets in ``folders``, and in folders below them."""

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self._folders = tuple(folders)

    def check(self, address: SocketAddress, announced: Endpoint | None) -> str:
        """The path to dial for ``address``, which ``announced`` names.

        Raises PreconditionFailed for one that no agent of this host has announced, PermissionRefused for one elsewhere,
        Unavailable where there is no socket. Looks at the disk: folders of sockets are local.
        """
        if announced is None or not announced.boot_id:
            # It would name a file of this machine, whichever machine the agent is on.
            raise PreconditionFailed(f"endpoint address [{address}] is a file, and does not say on which machine")
        check_reach(announced, address)
        # Links are followed here, and not by whoever dials.
        path = os.path.realpath(address.path)
        if not any(path.startswith(os.path.join(os.path.realpath(folder), "")) for folder in self._folders):
            names = ", ".join(self._folders) or "none is"
            raise PermissionRefused(f"dialling {address}", f"it is in no folder allowed by --allow-socket ({names})")
        try:
            found = os.lstat(path)
        except OSError as error:
            raise Unavailable(str(address), system_reason(error)) from error
        if not stat.S_ISSOCK(found.st_mode):
            raise Unavailable(str(address), "it is no socket")
        return f"unix:{path}"
