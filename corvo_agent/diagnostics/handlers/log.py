"""Answers the Log query from a log file."""

from __future__ import annotations

from collections.abc import Sequence

from ...logs.limits import DEFAULT_LIMITS, ReadLimits
from ...logs.query import parse_query
from ...logs.reader import LogReader, LogResult
from ..payloads import LOGS, encode_logs
from ..query import DebugQuery, Payload

_AT_ONCE = 512  # records encoded in one go
_RESERVE = 0.1  # the part of the caller's time that is kept for encoding and sending


class LogHandler:
    """The handler of ``Log``: answers from the log file ``path``, which may come, go and rotate at any time.

    ``limits`` bound what one query may take; ``allowed`` are the folders that the file has to be in (none: any).
    """

    def __init__(self, path: str, *, limits: ReadLimits = DEFAULT_LIMITS, allowed: Sequence[str] = ()) -> None:
        self._reader = LogReader(path, limits=limits, allowed=allowed)

    async def start(self) -> None:
        """Nothing to get ready: the file may come later."""

    async def stop(self) -> None:
        """Let go of the reader's threads."""
        await self._reader.aclose()

    async def handle(self, query: DebugQuery) -> Payload:
        """The records as protos.Logs, oldest first unless asked otherwise.

        Raises InvalidArgument for a parameter, and whatever ``LogReader.read`` raises.
        """
        wanted = parse_query(query.parameters, limits=self._reader.limits)
        timeout = None if query.timeout is None else query.timeout * (1 - _RESERVE)
        return await self._reader.read_with(wanted, _encode, timeout=timeout)


def _encode(result: LogResult) -> Payload:
    records = result.answer()
    # Repeated fields can be encoded piece by piece; in one piece 100,000 records would be one long stretch.
    pieces = [encode_logs(records[start : start + _AT_ONCE]) for start in range(0, len(records), _AT_ONCE)]
    return Payload(LOGS, b"".join(pieces))
