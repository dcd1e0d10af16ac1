"""The Log query to a peer that knows the original's parameters only: what else was asked for is done here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from ...errors import InvalidArgument
from ...logs.limits import DEFAULT_LIMITS
from ...logs.lines.marker import Gap, gap, is_marker
from ...logs.lines.record import Record
from ...logs.search.matcher import Matcher
from ...logs.search.parameters import PARAMETERS, parse_query
from ...logs.search.query import Order

#: Records that such a peer is asked for at most: what Elasticsearch, which the original asks, gives in one answer.
MOST = 10_000

_COUNTS = ("lines", "max-results")
_THEIRS = frozenset((*_COUNTS, "from", "day"))
_OURS = frozenset(PARAMETERS) - _THEIRS - {"cursor"}


class PeerLog:
    """A Log query with ``parameters`` to the peer at ``address``; ``now`` is the wall time in nanoseconds.

    Raises InvalidArgument for a parameter of ours with a bad value. Making it may compile patterns, and ``answer`` and
    ``select`` look at every record: they belong into a thread.
    """

    def __init__(self, parameters: Mapping[str, str], address: str, *, now: int) -> None:
        ours = {name: value for name, value in parameters.items() if name in _OURS or name.startswith("field.")}
        self._filters = bool(ours)
        # The place in the whole counts matches, so it is for whoever finds them.
        mine = (*_COUNTS, "from") if ours else _COUNTS
        self._query = parse_query(ours | {name: parameters[name] for name in mine if name in parameters}, now=now)
        if self._query.counts:
            raise InvalidArgument("counts", parameters["counts"], "this agent cannot count its lines")
        self._matcher = Matcher(self._query, address, DEFAULT_LIMITS.max_line_bytes)
        self._address = address
        left = {name: value for name, value in parameters.items() if name not in ours and name != "cursor"}
        if ours:
            left = {name: value for name, value in left.items() if name != "from"} | dict.fromkeys(_COUNTS, str(MOST))
        self._left = left

    @property
    def lines(self) -> int:
        """How many of the newest lines are wanted."""
        return self._query.lines

    @property
    def filters(self) -> bool:
        """Whether there is anything that the peer cannot do by itself."""
        return self._filters

    @property
    def parameters(self) -> dict[str, str]:
        """What the peer is asked for: all that is not ours, and for as many records as it gives where some are not."""
        return self._left

    def answer(self, records: Sequence[Record]) -> list[Record]:
        """What was asked for of ``records``, the answer of the peer.

        With a remark when it was as long as an answer may be: there may be more lines that were not looked at.
        """
        found, lines, offset = self.select(records), self._query.lines, self._query.offset
        if offset is not None:
            ordered = found[::-1] if self._query.order is Order.DESCENDING else found
            ordered = ordered[offset : offset + lines]
        else:
            newest = found[max(len(found) - lines, 0) :]
            ordered = newest[::-1] if self._query.order is Order.DESCENDING else newest
        return [*ordered, gap(Gap.PEER, self._address)] if len(records) >= MOST else ordered

    def select(self, records: Sequence[Record]) -> list[Record]:
        """Those of ``records`` that match and our remarks, in their order, of each the fields that are wanted."""
        return [self._shown(record) for record in records if self._matches(record)]

    def _matches(self, record: Record) -> bool:
        if self._matcher.takes_all or is_marker(record):
            return True
        data = orjson.dumps(record)
        return self._matcher.matches(data, len(data))

    def _shown(self, record: Record) -> Record:
        columns = self._query.columns
        if not columns or is_marker(record):
            return record
        return {name: record[name] for name in columns if name in record}
