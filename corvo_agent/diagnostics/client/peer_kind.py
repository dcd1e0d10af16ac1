"""Who answers where a Module's status says: an agent of ours, a process of the original, or nothing.

Asked for a query that there is not, a process of the original answers with the code UNKNOWN, and an agent of ours with
INVALID_ARGUMENT, as for all that is wrong with a query.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from ...errors import CorvoError, OtherAgent, PermissionRefused, RemoteError

if TYPE_CHECKING:
    # Only named here: the command line, which knows the kinds, is not to wait for all that a client needs.
    from .payload_client import PayloadClient

# A name that no service would register.
_QUERY = "corvo-who-is-there"
#: Seconds that it has to answer.
PATIENCE = 2.0


class PeerKind(enum.Enum):
    """Who answers for a Module."""

    #: An agent of ours.
    CORVO = "corvo"
    #: A process of the original: it follows ``log-level`` and nothing else.
    ORIGINAL = "original"
    #: Nothing that is one of the two, or nothing at all.
    NONE = "none"


async def peer_kind(client: PayloadClient, name: str) -> PeerKind:
    """Who answers ``client`` for the Module ``name``, within ``PATIENCE`` seconds; does not raise."""
    try:
        await client.debug(_QUERY, name=name, timeout=PATIENCE)
    except OtherAgent:
        # An agent of ours, but that of another Module.
        return PeerKind.NONE
    except RemoteError as error:
        return _KINDS.get(error.code, PeerKind.NONE)
    except PermissionRefused:
        return PeerKind.CORVO
    except CorvoError:
        return PeerKind.NONE
    return PeerKind.CORVO


_KINDS = {
    "UNKNOWN": PeerKind.ORIGINAL,
    "INVALID_ARGUMENT": PeerKind.CORVO,
    "RESOURCE_EXHAUSTED": PeerKind.CORVO,
    "UNAUTHENTICATED": PeerKind.CORVO,
    "PERMISSION_DENIED": PeerKind.CORVO,
}
