"""When keys that are followed or owned have to be read again, where renewals of a lease vouch for them.

An agent renews its lease every few seconds anyway. The answer proves that a member of the store is there and has a
leader, and tells the revision: while that has not moved nothing was written, and nothing has to be read. When it has
moved, others may have written other keys, so a look is due, but not more often than once a minute.
"""

from __future__ import annotations

import random

from ..clock import Clock
from .kv import HasProofs, KeyValueStore, Proof

# Seconds between two looks while the store is written to, and after which there is one though it is not.
_BUSY, _QUIET = 60.0, 300.0


class Vouching:
    """What the renewals of a lease in ``store`` spare its other users; all calls are synchronous."""

    def __init__(self, store: KeyValueStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._looked_at: float | None = None
        # A look is due because something was written; the first after a quiet time comes at once.
        self._written = False
        self._busy_until = float("-inf")

    def looked(self, asked_at: float) -> None:
        """The keys were read: the store was asked at the clock's ``asked_at``, and has answered."""
        self._looked_at = asked_at
        if self._written:
            self._written = False
            # Not all agents of a cluster look at the same time.
            self._busy_until = self._clock.monotonic() + _BUSY * random.uniform(1.0, 1.2)

    def spares(self, complete: int, cluster: str, *, since: int, within: float, streams: bool = False) -> Proof | None:
        """The renewal because of which nothing has to be read now; None when it is time to read.

        Everything up to revision ``complete`` of ``cluster`` is known. A renewal counts when it came after the last
        look and ``within`` so many seconds, and tells a revision that is not below ``since``; with ``streams`` only
        when the open streams lead to the member that answered.
        """
        proof = self._store.last_proof() if isinstance(self._store, HasProofs) else None
        now, looked_at = self._clock.monotonic(), self._looked_at
        if proof is None or looked_at is None or proof.at < looked_at or now - proof.at > within:
            return None
        # A lower revision may be that of a member that lags, or other data: reading tells.
        if proof.cluster != cluster or proof.revision < since or (streams and not proof.streams):
            return None
        if now - looked_at >= _QUIET:
            return None
        self._written = proof.revision > complete and now >= self._busy_until
        return None if self._written else proof
