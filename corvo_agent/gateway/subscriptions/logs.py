"""The kind ``logs``: the logs of one or many Modules, followed side by side, each with the cursor to go on from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from ...access.caller import current_caller
from ...errors import DecodeError, NotAuthorized, NotFound, ResourceExhausted
from ...logs.tail.resume import Resume
from ...modules.selectors.selection import Selection
from ..multiplex.kinds import Outlet
from ..objects.module_api import permitted
from ..routing.router import Router
from ..statuses.board import StatusBoard
from .followed_module import FollowedModule
from .live_order import LiveOrder
from .opening import Opening
from .wanted import SELECTORS, check_members, names, options_of, texts

#: Modules of one subscription.
MAX_MODULES = 100
_READ_AT_ONCE = 4
# Names looked at before others get a turn.
_SLICE = 250


class LogsKind:
    """Logs of the Modules of ``board``, followed through ``router``."""

    def __init__(self, board: StatusBoard, router: Router) -> None:
        self._board = board
        self._router = router

    def open(self, wanted: Mapping[str, Any]) -> LogsSubscription:
        """``names``, or selectors; ``parameters`` of the Log query; ``cursors`` by name.

        Raises DecodeError, InvalidArgument for a bad selector, ResourceExhausted for more than ``MAX_MODULES`` names.
        """
        check_members(wanted, (*SELECTORS, "names", "parameters", "cursors"))
        named = names(wanted, "names", MAX_MODULES)
        if not named and not any(wanted.get(each) for each in SELECTORS):
            raise DecodeError("subscription", "names: a list, or a selector, is missing")
        parameters, cursors = texts(wanted, "parameters"), texts(wanted, "cursors")
        if "cursor" in parameters:
            raise DecodeError("subscription", "parameters.cursor: cursors have those, by the name of the module")
        selection = permitted(options_of(wanted)).selection()
        return LogsSubscription(self._board, self._router, selection, named, parameters, cursors)


class LogsSubscription:
    """The logs of those that ``selection`` selects, of ``named`` only if there are names."""

    def __init__(
        self,
        board: StatusBoard,
        router: Router,
        selection: Selection,
        named: Sequence[str],
        parameters: Mapping[str, str],
        cursors: Mapping[str, str],
    ) -> None:
        self._board = board
        self._router = router
        self._selection = selection
        self._named = named
        self._parameters = parameters
        self._cursors = cursors
        # Batches that are read at the same time: read, they take several times their size.
        self._turns = asyncio.Semaphore(_READ_AT_ONCE)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._said_too_many = False

    async def run(self, out: Outlet) -> None:
        """``log``, ``gap`` and ``cursor`` of each; the newest lines of all of them first, in the order of their times.

        From then on as they come, by ``LiveOrder`` in the order of their times, too. ``gone`` for a Module that is
        selected no more, ``error`` for one that cannot be followed, which is tried again unless it has ended.
        """
        feed = self._board.open(self._selection, only=self._named or None)
        opening, order = Opening(out), LiveOrder(out, lambda: len(self._running) > 1)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(order.run(), name="corvo-live-order")
                first = True
                while True:
                    while feed.waiting:
                        rows, gone = feed.take(_SLICE)
                        for row in rows:
                            await self._begin(row.module.name, tasks, out, opening, order)
                        for name in gone:
                            await self._end(name, out, order)
                        await asyncio.sleep(0)
                    if first:
                        first = False
                        await self._tell_missing(out)
                        tasks.create_task(opening.run(self._running.keys()), name="corvo-opening")
                    await feed.moved()
        finally:
            self._board.close(feed)
            # A circle: a task that was cancelled holds the frames that it was cancelled in, and these all lines that
            # were read last. They would stay until the garbage collector comes by.
            self._running.clear()

    async def _begin(
        self, name: str, tasks: asyncio.TaskGroup, out: Outlet, opening: Opening, order: LiveOrder
    ) -> None:
        if name in self._running:
            return
        if len(self._running) >= MAX_MODULES:
            if not self._said_too_many:
                self._said_too_many = True
                await out.fail(ResourceExhausted("modules of one logs subscription", MAX_MODULES))
            return
        followed = FollowedModule(
            name, self._router, Resume(self._parameters, self._cursors.get(name, "")), self._turns
        )
        self._running[name] = tasks.create_task(followed.run(out, opening, order), name=f"corvo-follow {name}")

    async def _end(self, name: str, out: Outlet, order: LiveOrder) -> None:
        if (task := self._running.pop(name, None)) is not None:
            task.cancel()
            await order.say(name, out.line("gone", name=name))

    async def _tell_missing(self, out: Outlet) -> None:
        for name in self._named:
            if name in self._running:
                continue
            entry = self._board.modules.get(name)
            try:
                if entry is None:
                    raise NotFound("module", name)
                current_caller().require_module(entry.module.meta.labels)
            except (NotFound, NotAuthorized) as error:
                await out.fail(error, name)
