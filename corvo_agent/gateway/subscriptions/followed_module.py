"""The log of one Module, followed through losses of its agent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ...backoff import Backoff
from ...diagnostics.messages.payloads import LOGS, check_type, decode_logs
from ...diagnostics.query import DebugQuery, Payload
from ...errors import CorvoError, DeadlineExceeded, OtherAgent, PreconditionFailed, Unavailable
from ...logs.lines.record import Record
from ...logs.tail.resume import Resume
from ..multiplex.kinds import Outlet
from ..routing.router import Router
from .live_order import LiveOrder
from .opening import Opening

_log = logging.getLogger(__name__)

# Bytes of a batch from which on a thread reads it.
_LARGE = 32 << 10
# What says that an agent is away, or that none is known: it may come.
_AWAY = (Unavailable, DeadlineExceeded, OtherAgent, PreconditionFailed)


class FollowedModule:
    """Follows the log of ``name`` through ``router``, from where ``resume`` says; a batch is read in one of ``turns``.

    An agent that is away is tried again after 0.5 s, doubling up to 10 s, behind the last line that was said.
    """

    def __init__(self, name: str, router: Router, resume: Resume, turns: asyncio.Semaphore) -> None:
        self._name = name
        self._router = router
        self._resume = resume
        self._turns = turns
        self._cursor = resume.cursor
        self._backoff = Backoff(initial=0.5, maximum=10.0)
        self._told = ""
        self._opened = False

    async def run(self, out: Outlet, opening: Opening, order: LiveOrder) -> None:
        """Say what comes, by ``order``, until cancelled, or until the agent refuses."""
        try:
            while True:
                await self._try(out, opening, order)
                await asyncio.sleep(self._backoff.next())
        except CorvoError as error:
            await order.say(self._name, out.failure(error, self._name, ended=True))
        except Exception as error:
            # A fault of ours, which ends this log and no other.
            _log.exception("following the log of %s failed", self._name)
            told = CorvoError(f"{type(error).__name__}: {error}")
            await order.say(self._name, out.failure(told, self._name, ended=True))
        finally:
            opening.skip(self._name)

    async def _try(self, out: Outlet, opening: Opening, order: LiveOrder) -> None:
        query = DebugQuery("Log", self._resume.parameters(), self._name)
        try:
            async with aclosing(self._router.stream(query)) as answers:
                await self._follow(answers, out, opening, order)
            error: CorvoError = Unavailable(self._name, "its agent has ended the stream")
        except _AWAY as away:
            error = away
        opening.skip(self._name)
        # Once for each loss, not for each attempt to come back.
        if str(error) != self._told:
            self._told = str(error)
            await order.say(self._name, out.failure(error, self._name))

    async def _follow(self, answers: AsyncGenerator[Payload], out: Outlet, opening: Opening, order: LiveOrder) -> None:
        async for payload in answers:
            self._told = ""
            self._backoff.reset()
            # Taken and said without leaving in between, or a line would be lost when the agent is.
            if self._opened:
                async with self._turns:
                    await self._say(self._resume.take(await _read(payload)), out, order)
                continue
            self._opened = True
            records = self._resume.take(await _read(payload))
            await self._say([] if await opening.hold(self._name, records) else records, out, order)

    async def _say(self, records: list[Record], out: Outlet, order: LiveOrder) -> None:
        await order.add(self._name, records)
        if (cursor := self._resume.cursor) != self._cursor:
            self._cursor = cursor
            # Behind its lines: who goes on from there has read them.
            await order.say(self._name, out.line("cursor", module=self._name, cursor=cursor))


async def _read(payload: Payload) -> list[Record]:
    value = check_type(payload, LOGS)
    return await asyncio.to_thread(decode_logs, value) if len(value) > _LARGE else decode_logs(value)
