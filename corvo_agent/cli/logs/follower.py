"""Following the log of one module until cancelled, through losses of its agent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing

from ...backoff import Backoff
from ...errors import CorvoError, DeadlineExceeded, NotFound, Unavailable
from ...logs.lines.record import Record
from ...logs.tail.resume import Resume
from ..backends.protocol import Backend
from ..show.output import note

#: Shows records of the module of that name.
Show = Callable[[str, list[Record]], None]


class ModuleFollower:
    """Calls ``show`` for the records of the module ``name`` that ``parameters`` let through, as they come.

    An agent that is lost is looked for again, where it is then; reading goes on after the last line seen. ``patient``:
    also one that has never been there.
    """

    def __init__(
        self, backend: Backend, name: str, parameters: Mapping[str, str], show: Show, *, patient: bool = False
    ) -> None:
        self.name = name
        self._backend = backend
        self._resume = Resume(parameters)
        self._show = show
        self._backoff = Backoff(initial=0.2, maximum=5.0)
        # Whether a loss is worth waiting for, and whether it is the end.
        self._patient = patient
        self._leaving = False
        self._told = ""

    def leave(self, *, leaving: bool = True) -> None:
        """The module is gone: its last lines are still read, but its agent is not looked for again."""
        self._leaving = leaving

    async def run(self) -> None:
        """Go on until cancelled. Raises what stands in the way of the first contact, and what the agent refuses."""
        while True:
            try:
                await self._follow()
                reason = "the agent has ended the stream"
            except (Unavailable, DeadlineExceeded, NotFound) as error:
                if not self._patient:
                    raise
                reason = str(error)
            if self._leaving:
                return
            # The lines of other modules must not wait for those of this one.
            self._show(self.name, [])
            self._tell(reason)
            await asyncio.sleep(self._backoff.next())

    async def _follow(self) -> None:
        async with (
            self._backend.agent(self.name) as client,
            aclosing(client.follow(self._resume.parameters(), name=self.name)) as batches,
        ):
            async for records in batches:
                self._patient = True
                self._told = ""
                self._backoff.reset()
                # Without a pause in between: what is shown is what is gone on behind.
                self._show(self.name, self._resume.take(records))

    def _tell(self, reason: str) -> None:
        # Once for each loss, not for each attempt to come back.
        if reason != self._told:
            note(f"corvo: {self.name}: {reason}; looking for it again")
        self._told = reason


async def follow_all(followers: Mapping[str, ModuleFollower], fail: Callable[[str, CorvoError], None]) -> None:
    """Run all of them until cancelled, or until ``fail`` was told of each of them why it ended."""

    async def run(name: str, follower: ModuleFollower) -> None:
        try:
            await follower.run()
        except CorvoError as error:
            fail(name, error)

    async with asyncio.TaskGroup() as tasks:
        for name, follower in followers.items():
            tasks.create_task(run(name, follower), name=f"follow {name}")
