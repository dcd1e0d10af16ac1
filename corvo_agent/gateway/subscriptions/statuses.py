"""The kind ``statuses``: the fleet at a glance, all of it at first and then what changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from ...access.caller import current_caller
from ...errors import NotAuthorized
from ...modules.selectors.selection import Selection
from ..multiplex.kinds import Outlet
from ..objects.module_api import permitted
from ..statuses.board import RowFeed, StatusBoard
from .wanted import SELECTORS, check_members, names, options_of

#: Modules of one subscription that are measured.
MAX_MEASURED = 200
# Rows that are made and written in a turn of the loop: a few milliseconds of work.
_SLICE = 100
# Seconds for which changes are collected: a row is told at most so often.
_PACE = 0.2


class StatusesKind:
    """Rows of ``board``."""

    def __init__(self, board: StatusBoard) -> None:
        self._board = board

    def open(self, wanted: Mapping[str, Any]) -> StatusesSubscription:
        """``label-selector``, ``field-selector``, ``name``; ``measure``: the names whose columns are measured.

        Raises DecodeError, InvalidArgument for a bad selector, ResourceExhausted for more than ``MAX_MEASURED``.
        """
        check_members(wanted, (*SELECTORS, "measure"))
        options = permitted(options_of(wanted))
        measured = [name for name in names(wanted, "measure", MAX_MEASURED) if self._may_see(name)]
        return StatusesSubscription(self._board, options.selection(), measured)

    def _may_see(self, name: str) -> bool:
        entry = self._board.modules.get(name)
        try:
            current_caller().require_module({} if entry is None else entry.module.meta.labels)
        except NotAuthorized:
            # It is in no row of this caller, and costs nothing either.
            return False
        return True


class StatusesSubscription:
    """The rows that ``selection`` selects; those of ``measured`` with what their agents say."""

    def __init__(self, board: StatusBoard, selection: Selection, measured: list[str]) -> None:
        self._board = board
        self._selection = selection
        self._measured = measured

    async def run(self, out: Outlet) -> None:
        """``row`` for each, then ``listed``; from then on ``row`` for what changes and ``gone`` for what leaves."""
        feed = self._board.open(self._selection, self._measured)
        try:
            revision = self._board.modules.revision
            left = feed.waiting
            while left > 0:
                left -= _SLICE
                await self._tell(feed, out)
            await out.say("listed", **{"resource-version": str(revision)})
            while True:
                await feed.moved()
                await self._tell(feed, out)
                if not feed.waiting:
                    await asyncio.sleep(_PACE)
        finally:
            self._board.close(feed)

    async def _tell(self, feed: RowFeed, out: Outlet) -> None:
        # One slice in each turn of the loop, however many clients are told something.
        async with self._board.turn:
            rows, gone = feed.take(_SLICE)
            lines = [out.line("row", object=orjson.Fragment(row.json)) for row in rows]
            lines += [out.line("gone", name=name) for name in gone]
            await asyncio.sleep(0)
        await out.say_all(lines)
