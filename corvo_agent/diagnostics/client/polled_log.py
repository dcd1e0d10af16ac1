"""Following by asking again and again, for a peer that knows no DebugStream: what is new in each answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from ...logs.lines.marker import Gap, gap
from ...logs.lines.record import Record
from .peer_log import MOST

# A peer with a file gives its newest lines, as many as are asked for: enough of them to find the place again.
_PAGE = 1000


class PolledLog:
    """The answers of the peer at ``address`` to one Log query after another, of which ``lines`` are wanted at first.

    The original's Log comes in two forms: one gives the newest lines of a file, again and again, the other those of an
    index of a day, from a place on. Each is asked for what the other understands, and told apart by its answers.
    """

    def __init__(self, lines: int, address: str) -> None:
        self._page = min(max(lines, _PAGE), MOST)
        self._address = address
        self._day = ""
        self._day_ends = False
        self._seen = 0
        self._last: list[Record] = []
        # Whether the peer repeats what it has told; not known before it does.
        self._repeats = False
        self._full = False

    @property
    def behind(self) -> bool:
        """Whether there is more to be had at once."""
        return self._full and not self._repeats

    def parameters(self, today: str) -> Mapping[str, str]:
        """What to ask for next; ``today`` is the date in UTC, such as 2026-11-24."""
        if not self._day:
            self._day = today
        elif self._day_ends and not self.behind:
            # What came between the last answer and midnight has been asked for.
            self._day, self._seen = str(date.fromisoformat(self._day) + timedelta(1)), 0
        self._day_ends = self._day < today
        size = str(self._page)
        return {"lines": size, "max-results": size, "from": str(self._seen), "day": self._day}

    def take(self, records: Sequence[Record]) -> list[Record]:
        """What is new in an answer; with a remark in front of it where lines between two answers may be missing."""
        self._full = len(records) >= self._page
        if not records:
            return []
        known = _overlap(self._last, records)
        lost = self._repeats and not known
        self._repeats = self._repeats or known > 0
        news = list(records[known:])
        self._seen += len(news)
        self._last = list(records)
        return [gap(Gap.POLLED, self._address), *news] if lost else news


def _overlap(before: Sequence[Record], now: Sequence[Record]) -> int:
    """How many records ``now`` begins with that ``before`` ends with: the most, by Knuth, Morris and Pratt.

    A log of equal lines would take seconds otherwise.
    """
    # How much of the beginning of ``now`` stands before each of its places.
    again = [0] * len(now)
    length = 0
    for place in range(1, len(now)):
        length = again[place] = _longer(now, again, length, now[place])
    length = 0
    for record in before:
        length = _longer(now, again, length, record)
    return length


def _longer(now: Sequence[Record], again: Sequence[int], length: int, record: Record) -> int:
    """How much of the beginning of ``now`` has been seen when ``record`` follows ``length`` records of it."""
    while length and (length == len(now) or now[length] != record):
        length = again[length - 1]
    return length + (now[length] == record)
