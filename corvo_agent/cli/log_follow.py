"""Following the log of one module for as long as somebody looks, through losses of its agent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing

from ..backoff import Backoff
from ..diagnostics.payloads import LOGS, check_type, decode_logs
from ..diagnostics.query import Payload
from ..errors import CorvoError, NotFound, Unavailable
from ..logs.marker import CURSOR, DROPPED, GAP, MARKER, TRUNCATED
from .output import note
from .target import Target, open_agent

# What a remark of the agent has to hold to be worth a line; others only say how far it has read.
_TOLD = frozenset({TRUNCATED, DROPPED, GAP})


class Follower:
    """Calls ``show`` for each record of the module ``name`` that ``parameters`` let through, as they come.

    An agent that is lost is looked for again, where it is then; reading goes on after the last line seen.
    """

    def __init__(
        self, target: Target, name: str, parameters: Mapping[str, str], show: Callable[[Mapping[str, str]], None]
    ) -> None:
        self._target = target
        self._name = name
        self._parameters = dict(parameters)
        self._show = show
        self._backoff = Backoff(initial=0.2, maximum=5.0)
        self._reached = False
        self._told = ""

    async def run(self) -> None:
        """Go on until cancelled. Raises what stands in the way of the first contact, and what the agent refuses."""
        while True:
            try:
                await self._follow()
                self._tell("the agent has ended the stream")
            except (Unavailable, NotFound) as error:
                if not self._reached:
                    raise
                self._tell(str(error))
            await asyncio.sleep(self._backoff.next())

    async def _follow(self) -> None:
        async with (
            open_agent(self._target, self._name) as client,
            aclosing(client.stream("Log", self._parameters, name=self._name)) as batches,
        ):
            async for payload in batches:
                self._take(payload)

    def _take(self, payload: Payload) -> None:
        self._reached = True
        self._told = ""
        self._backoff.reset()
        for record in decode_logs(check_type(payload, LOGS)):
            if cursor := record.get(CURSOR):
                self._parameters["cursor"] = cursor
            if record.get("level") != MARKER or record.keys() & _TOLD:
                self._show(record)

    def _tell(self, reason: str) -> None:
        # Once for each loss, not for each attempt to come back.
        if reason != self._told:
            note(f"corvo: {self._name}: {reason}; looking for it again")
        self._told = reason


async def follow_all(followers: Mapping[str, Follower], fail: Callable[[str, CorvoError], None]) -> None:
    """Run all of them until cancelled, or until ``fail`` was told of each of them why it ended."""

    async def run(name: str, follower: Follower) -> None:
        try:
            await follower.run()
        except CorvoError as error:
            fail(name, error)

    async with asyncio.TaskGroup() as tasks:
        for name, follower in followers.items():
            tasks.create_task(run(name, follower), name=f"follow {name}")
