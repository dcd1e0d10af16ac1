"""Where to go on in a followed log that was lost: behind the last line that was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...errors import InvalidArgument
from ...timestamps import format_rfc3339
from ..files.cursor import Cursor
from ..files.places import encode_places
from ..lines.line_time import LineClock
from ..lines.marker import CURSOR, DROPPED, GAP, TRUNCATED, Gap, is_marker
from ..lines.record import Record

# What a remark of the agent has to hold to be worth a line; others only say how far it has read.
_TOLD = frozenset({TRUNCATED, DROPPED, GAP})
# Lines that are asked for behind the last time seen, where there is no cursor.
_AGAIN = "10000"


class Resume:
    """What to ask for, now and after a loss; it is shown every batch.

    An agent says with each batch where to go on, in each of its logs. One that does not is asked again from the time of
    its last line on, and lines that were seen are left out. ``cursor`` is where to begin, from an earlier ``cursor``.
    """

    def __init__(self, parameters: Mapping[str, str], cursor: str = "") -> None:
        self._parameters = dict(parameters)
        self._cursor = cursor
        # Of several logs, by their path.
        self._places: dict[str, Cursor] = {}
        self._clock = LineClock()
        self._time: int | None = None
        # Those of the last time seen, and the ones among them that have not come again yet.
        self._latest: list[Record] = []
        self._expected: list[Record] = []

    @property
    def cursor(self) -> str:
        """Where to go on, in all of its logs; "" while the agent has not said."""
        return encode_places(self._places) if self._places else self._cursor

    def parameters(self) -> Mapping[str, str]:
        """The parameters of the next query."""
        self._expected = []
        if cursor := self.cursor:
            return {**self._parameters, "cursor": cursor}
        if self._time is None:
            return self._parameters
        self._expected = list(self._latest)
        return {**self._parameters, "since": format_rfc3339(self._time), "lines": _AGAIN}

    def take(self, records: Sequence[Record]) -> list[Record]:
        """The records of a batch that are to be shown."""
        shown = []
        for record in records:
            if is_marker(record):
                self._go_on_behind(record)
                shown += [record] if record.keys() & _TOLD else []
            # The last moment is asked for again whole: equal lines are counted off one by one.
            elif record in self._expected:
                self._expected.remove(record)
            else:
                shown.append(record)
                self._remember(record)
        return shown

    def _go_on_behind(self, remark: Record) -> None:
        source = remark.get("source", "")
        if remark.get(GAP) == Gap.CURSOR.value:
            # What is gone is not asked for again.
            self._places.pop(source, None)
            self._cursor = ""
        if (cursor := remark.get(CURSOR)) is None:
            return
        if not source:
            self._cursor, self._places = cursor, {}
            return
        try:
            self._places[source] = Cursor.decode(cursor)
        except InvalidArgument:
            # What no agent of this version says: the place before it counts, and nothing is lost.
            return

    def _remember(self, record: Record) -> None:
        if self._places or self._cursor:
            return
        time = self._clock.read(record)
        if time is not None and time != self._time:
            self._time, self._latest = time, []
        if self._time is not None:
            self._latest.append(record)
