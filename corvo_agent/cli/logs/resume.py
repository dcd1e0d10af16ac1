"""Where to go on in a followed log that was lost: behind the last line that was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...logs.lines.line_time import time_key
from ...logs.lines.marker import CURSOR, DROPPED, GAP, MARKER, TRUNCATED
from ...logs.lines.record import Record

# What a remark of the agent has to hold to be worth a line; others only say how far it has read.
_TOLD = frozenset({TRUNCATED, DROPPED, GAP})
# Lines that are asked for behind the last time seen, where there is no cursor.
_AGAIN = "10000"


class Resume:
    """What to ask for, now and after a loss; it is shown every batch.

    An agent of one log says with each batch where to go on. One of several logs has no such place to tell: then its
    lines are asked for again from the time of the last one on, and those that were seen are left out.
    """

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = dict(parameters)
        self._cursor = ""
        self._time = ""
        # Those of the last time seen, and the ones among them that have not come again yet.
        self._latest: list[Record] = []
        self._expected: list[Record] = []

    def parameters(self) -> Mapping[str, str]:
        """The parameters of the next query."""
        if self._cursor:
            return {**self._parameters, "cursor": self._cursor}
        if not self._time:
            return self._parameters
        self._expected = list(self._latest)
        return {**self._parameters, "since": self._time, "lines": _AGAIN}

    def take(self, records: Sequence[Record]) -> list[Record]:
        """The records of a batch that are to be shown."""
        shown = []
        for record in records:
            if cursor := record.get(CURSOR):
                self._cursor = cursor
            if record.get("level") == MARKER:
                shown += [record] if record.keys() & _TOLD else []
            # The last second is asked for again whole: equal lines are counted off one by one.
            elif record in self._expected:
                self._expected.remove(record)
            else:
                shown.append(record)
                self._remember(record)
        return shown

    def _remember(self, record: Record) -> None:
        key = time_key(record)
        time = "" if key is None else record[key]
        if time and time != self._time:
            self._time, self._latest = time, []
        if self._time:
            self._latest.append(record)
