"""How many streams that are over a connection remembers: each call is one, and connections last as long as processes.

h2 keeps the last 65,536 of a connection, 114 bytes each: 7.5 MiB, at both ends, for each pair of gateway and agent.
"""

from __future__ import annotations

from grpclib.protocol import Connection
from h2.utilities import SizeLimitDict

#: Streams that are over and remembered. A frame that was under way when its stream was reset is told by that from a
#: fault of the peer's; it comes within a round trip, in which there are not many times the hundred calls that run at
#: once.
REMEMBERED = 512


def remember_few_streams(connection: Connection) -> None:
    """Let ``connection``, which is new, remember ``REMEMBERED`` streams that are over."""
    connection._connection._closed_streams = SizeLimitDict(size_limit=REMEMBERED)
