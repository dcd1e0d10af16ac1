"""Who calls the gateway: the one whose token is shown. Wrong tokens are slowed down."""

from __future__ import annotations

import logging
from collections import OrderedDict

from ..access.caller import ANYONE, Caller
from ..access.tokens import TokenFile, digest_of
from ..clock import SYSTEM_CLOCK, Clock
from ..log_thinning import ThinningFilter

_log = logging.getLogger(__name__)
# Strangers cause these lines, as often as they like.
_log.addFilter(ThinningFilter())

# Wrong tokens that are answered at once; each one more waits twice as long, in seconds.
_FREE = 3
_FIRST, _LONGEST = 0.1, 2.0
# Seconds without a wrong token after which all is forgotten, places that are remembered, and callers that wait.
_FORGET = 60.0
_PLACES = 4096
_WAITING = 256
# Characters of a token's digest that stand for those who try alike ones.
_PREFIX = 8


class WrongTokens:
    """How many wrong tokens came lately, by the address that they came from and by how their digest begins."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        # By address or prefix, the number and the time of the last one; the oldest first.
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def delay(self, address: str, prefix: str) -> float:
        """One more; the seconds after which it is to be answered."""
        count = max(self._count(address), self._count(f"#{prefix}")) - _FREE
        return 0.0 if count <= 0 else min(_FIRST * 2 ** min(count - 1, 10), _LONGEST)

    def _count(self, place: str) -> int:
        now = self._clock.monotonic()
        count, last = self._counts.pop(place, (0, now))
        count = 1 if now - last > _FORGET else count + 1
        self._counts[place] = count, now
        if len(self._counts) > _PLACES:
            self._counts.popitem(last=False)
        return count


class Gatekeeper:
    """Knows callers by the token that they show; without ``tokens`` every caller may do everything: for loopback."""

    def __init__(self, tokens: TokenFile | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._tokens = tokens
        self._clock = clock
        self._wrong = WrongTokens(clock)
        self._waiting = 0

    @property
    def required(self) -> bool:
        """Whether callers have to show a token."""
        return self._tokens is not None

    def reload(self) -> None:
        """Read the tokens now; raises ConfigError, and those before stay then. Blocks on the disk."""
        if self._tokens is not None:
            self._tokens.reload()

    async def caller(self, token: str, address: str) -> Caller | None:
        """Who shows ``token`` at ``address``; None for an unknown one, after a while when there were many of them."""
        if self._tokens is None:
            return ANYONE
        found = self._tokens.find(token) if token else None
        if found is None and token:
            prefix = digest_of(token)[:_PREFIX]
            delay = self._wrong.delay(address, prefix)
            _log.warning("refused a token that is not known, or not any more: from %s, sha256 %s...", address, prefix)
            if delay and self._waiting < _WAITING:
                self._waiting += 1
                try:
                    await self._clock.sleep(delay)
                finally:
                    self._waiting -= 1
        return found


def bearer(header: str) -> str:
    """The token of an ``Authorization`` header, "" when there is none."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
