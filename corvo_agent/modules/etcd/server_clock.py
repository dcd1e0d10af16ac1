"""How far etcd's clock is from ours, from the Date header of its answers (RFC 9110, 6.6.1).

A header holds whole seconds, so that one answer bounds the difference by a second and the time that it took; bounds of
several answers together are narrower. No I/O.
"""

from __future__ import annotations

import logging
from email.utils import parsedate_to_datetime

from ...clock import Clock
from ..kv import ClockDifference

_log = logging.getLogger(__name__)

#: Seconds of difference from which on a warning is logged.
WARN_FROM = 5.0
_SECOND = 10**9
# Nanoseconds by which a clock that is set jumps at least; less is the work of those that discipline it slowly.
_SET_FROM = 2 * _SECOND
# Clocks that nothing disciplines run apart by up to this, seconds per second.
_DRIFT = 1e-4


class ServerClock:
    """The difference of the clock of the server that answered last. It begins anew when one of the clocks was set.

    That ours was set is known at once: it ran apart from the monotonic one, which cannot be set.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._endpoint = ""
        # Nanoseconds between which the server's clock is ahead of ours, and the monotonic time of the last answer.
        self._least = self._most = 0
        self._at = 0.0
        # Our wall time at that moment.
        self._wall = 0
        self._warned = False

    @property
    def difference(self) -> ClockDifference | None:
        """What is known; None before the first answer."""
        if not self._endpoint:
            return None
        passed = round((self._clock.monotonic() - self._at) * _SECOND)
        was_set = self._clock.time_ns() - self._wall - passed
        if abs(was_set) < _SET_FROM:
            was_set = 0
        middle, width = (self._least + self._most) / 2 - was_set, self._most - self._least
        return ClockDifference(middle / _SECOND, width / 2 / _SECOND)

    def note(self, endpoint: str, date: str, sent: int) -> None:
        """``endpoint`` has answered just now, with this header, to what was sent at wall time ``sent``."""
        try:
            told = round(parsedate_to_datetime(date).timestamp()) * _SECOND
        except ValueError:
            # What lies between may have taken it away.
            return
        now, at = self._clock.time_ns(), self._clock.monotonic()
        least, most = told - now, told + _SECOND - sent
        if least > most:
            # Our clock was put back while the request was under way.
            return
        if endpoint == self._endpoint:
            drifted = round((at - self._at) * _DRIFT * _SECOND)
            narrower = max(least, self._least - drifted), min(most, self._most + drifted)
            # Else one of the clocks was set: only the last answer counts.
            if narrower[0] <= narrower[1]:
                least, most = narrower
        self._endpoint, self._least, self._most, self._at, self._wall = endpoint, least, most, at, now
        self._warn(endpoint)

    def _warn(self, endpoint: str) -> None:
        # For certain, whatever the doubt.
        far = max(self._least, -self._most) > WARN_FROM * _SECOND
        if far and not self._warned:
            seconds = (self._least + self._most) / 2 / _SECOND
            _log.warning(
                "the clock of this machine is %.0f s %s that of etcd at %s; an agent ends overrides by etcd's",
                abs(seconds),
                "behind" if seconds > 0 else "ahead of",
                endpoint,
            )
        self._warned = far
