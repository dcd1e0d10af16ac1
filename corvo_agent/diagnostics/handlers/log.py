"""Answers the Log query from a log file."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ...clock import SYSTEM_CLOCK, Clock
from ...levels.level import Level
from ...logs.files.log_folders import pin_folders
from ...logs.limits import DEFAULT_LIMITS, DEFAULT_TAIL_LIMITS, ReadLimits, TailLimits
from ...logs.lines.masking import Masker
from ...logs.search.packing import Packing
from ...logs.search.parameters import parse_query, uses_patterns
from ...logs.search.query import LogQuery
from ...logs.search.reader import LogReader
from ...logs.search.result import LogResult
from ...logs.search.survey import Surveyor
from ...logs.worker import Worker
from ..answer_budget import AnswerRoom, answer_room
from ..messages.payloads import LOGS, decode_logs, encode_logs, logs_payload
from ..query import DebugQuery, Payload, PiecedPayload

if TYPE_CHECKING:
    from ...logs.tail.tailer import LogTailer

_SEARCHING = 0.8  # the part of the time that a search may take whatever it finds
_ANSWER_RATE = 25e6  # bytes of an answer that a busy machine encodes and sends in a second


class LogHandler:
    """The handler of ``Log``: answers from the log file ``path``, which may come, go and rotate at any time.

    ``path`` may be a pattern such as ``/var/log/*.log``: several logs are merged by time. ``limits`` and ``tail`` bound
    what one query and one tail may take; ``allowed`` are the folders that the files have to be in: unless given, the
    one that ``path`` is in when this is made and, where it is a link then, that of its target (see ``pin_folders``).
    ``default_level`` says which lines are shown when the query names no level: give it where the Module's level has
    no other effect, as in a sidecar that cannot reach into its process. None shows all; ``level=all`` outranks it.
    ``surveyor`` finds out what the lines are written in; give one that states it, or the zone of times without one.
    ``masker`` hides the secrets in what is answered. Each thread that reads calls ``begin`` first.
    """

    def __init__(
        self,
        path: str,
        *,
        limits: ReadLimits = DEFAULT_LIMITS,
        tail: TailLimits = DEFAULT_TAIL_LIMITS,
        allowed: Sequence[str] = (),
        default_level: Callable[[], Level | None] | None = None,
        surveyor: Surveyor | None = None,
        masker: Masker | None = None,
        begin: Callable[[], object] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._limits = limits = replace(limits, answer_rate=min(limits.answer_rate, _ANSWER_RATE))
        self._default_level = default_level
        self._masker = masker or Masker()
        self._clock = clock
        self._worker = Worker(begin=begin)
        allowed, surveyor, worker = allowed or pin_folders(path), surveyor or Surveyor(), self._worker
        self._reader = LogReader(path, limits=limits, allowed=allowed, worker=worker, surveyor=surveyor)
        self._new_tailer = partial(
            _new_tailer, path, limits=limits, tail=tail, allowed=allowed, worker=worker, surveyor=surveyor
        )
        self._tailer: LogTailer | None = None

    async def start(self) -> None:
        """Take queries, again too after ``stop``. The file may come later."""
        self._worker.open()

    async def stop(self) -> None:
        """Let go of the threads; idempotent."""
        self._worker.close()

    async def handle(self, query: DebugQuery) -> Payload:
        """The records as protos.Logs, oldest first unless asked otherwise.

        Raises InvalidArgument for a parameter, and whatever ``LogReader.read`` raises.
        """
        wanted = await self._parse(query)
        room, started = answer_room(), time.monotonic()

        def attempt() -> Awaitable[Payload]:
            waited = time.monotonic() - started
            timeout = None if query.seconds is None else (query.seconds - waited) * _SEARCHING
            return self._attempt(wanted, room, timeout)

        return await (attempt() if room is None else room.make(attempt))

    async def stream(self, query: DebugQuery) -> AsyncGenerator[Payload]:
        """The newest lines, then those that come, as batches of protos.Logs: see ``LogTailer.follow``."""
        wanted = await self._parse(query)
        level = None if "level" in query.parameters else self._default_level
        asked = replace(wanted, level=None) if level is not None else wanted
        tailer = self._tailer
        if tailer is None:
            made = await self._worker.call(self._new_tailer)
            # All queries have the same: it reads once for all of them.
            tailer = self._tailer = self._tailer or made
        room = answer_room()
        following = tailer.follow_with(asked, logs_payload, level=level, room=room, packing=lambda: _packing(room))
        async with aclosing(following) as batches:
            async for batch in batches:
                yield batch

    async def _attempt(self, wanted: LogQuery, room: AnswerRoom | None, timeout: float | None) -> Payload:
        packing = _packing(room)
        between = None if room is None else room.settle

        def finish(result: LogResult) -> Payload:
            return _payload(result, packing)

        return await self._reader.read_with(wanted, finish, timeout=timeout, packing=packing, between=between)

    async def _parse(self, query: DebugQuery) -> LogQuery:
        parameters, now = query.parameters, self._clock.time_ns()
        if uses_patterns(parameters):
            parsed = await self._worker.call(parse_query, parameters, now=now, limits=self._limits)
        else:
            parsed = parse_query(parameters, now=now, limits=self._limits)
        parsed = replace(parsed, masker=self._masker)
        if parsed.level is None and self._default_level is not None:
            return replace(parsed, level=self._default_level())
        return parsed


def _new_tailer(
    path: str, *, limits: ReadLimits, tail: TailLimits, allowed: Sequence[str], worker: Worker, surveyor: Surveyor
) -> LogTailer:
    # Late: most agents are never asked to follow.
    from ...logs.tail.tailer import LogTailer

    return LogTailer(path, limits=limits, tail=tail, allowed=allowed, worker=worker, surveyor=surveyor)


def _packing(room: AnswerRoom | None) -> Packing:
    return Packing(encode_logs, decode_logs, _ignore if room is None else room.grow)


def _payload(result: LogResult, packing: Packing) -> Payload:
    pieces = [part.data for part in result.packed]
    if markers := result.markers():
        pieces.append(packing.pack(markers).data)
    return PiecedPayload(LOGS, pieces) if len(pieces) > 1 else Payload(LOGS, b"".join(pieces))


def _ignore(size: int) -> None:
    """Nothing bounds an answer that is made outside of a service."""
