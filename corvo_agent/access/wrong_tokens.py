"""What wrong tokens cost those who try them: time, more and more, and one line in the log for all."""

from __future__ import annotations

import logging
from collections import OrderedDict

from ..clock import SYSTEM_CLOCK, Clock
from ..log_thinning import ThinningFilter
from .caller import Caller
from .json_web_tokens import JsonWebTokens
from .tokens import TokenFile, digest_of

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


class TokenCheck:
    """Knows callers by the tokens of ``file`` and by ``web`` tokens; slows down those who show wrong ones."""

    def __init__(self, file: TokenFile | None, clock: Clock = SYSTEM_CLOCK, web: JsonWebTokens | None = None) -> None:
        self.file = file
        self.web = web
        self._clock = clock
        self._wrong = WrongTokens(clock)
        self._waiting = 0

    async def caller(self, token: str, address: str) -> Caller | None:
        """Who shows ``token`` at ``address``; None for an unknown one, after a while when there were many of them."""
        found = await self._find(token) if token else None
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

    async def _find(self, token: str) -> Caller | None:
        if self.web is not None and self.web.looks_like(token):
            return await self.web.find(token)
        return None if self.file is None else self.file.find(token)


def bearer(header: str) -> str:
    """The token of an ``Authorization`` header, "" when there is none."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
