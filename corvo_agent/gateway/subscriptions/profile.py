"""The kind ``profile``: how far a profile is that this gateway takes, until it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ...access.caller import current_caller
from ...errors import DecodeError, NotFound
from ..multiplex.kinds import Outlet
from ..operations.operation import Operation, State
from ..operations.shelf import Shelf
from .wanted import check_members, text

# Seconds after which its progress is told anew.
_PACE = 1.0


class ProfileKind:
    """The profiles of ``shelf``."""

    def __init__(self, shelf: Shelf, pace: float = _PACE) -> None:
        self._shelf = shelf
        self._pace = pace

    def open(self, wanted: Mapping[str, Any]) -> ProfileSubscription:
        """``profile``: the id of one. Raises DecodeError, NotFound for one that is not here, and NotAuthorized."""
        check_members(wanted, ("profile",))
        id = text(wanted, "profile")
        if not id:
            raise DecodeError("subscription", "profile: the id of one is missing")
        operation = self._shelf.find(id)
        if operation is None:
            raise NotFound("profile", id, "only the gateway that took it has it")
        operation.permit(current_caller())
        return ProfileSubscription(operation, self._shelf, self._pace)


class ProfileSubscription:
    """The progress of ``operation``."""

    def __init__(self, operation: Operation, shelf: Shelf, pace: float) -> None:
        self._operation = operation
        self._shelf = shelf
        self._pace = pace

    async def run(self, out: Outlet) -> None:
        """``profile`` at once, every second, and when it has ended; then nothing more comes."""
        while True:
            running = self._operation.state is State.RUNNING
            await out.say("profile", object=self._operation.as_json(self._shelf.clock.monotonic()))
            if not running:
                return
            try:
                async with asyncio.timeout(self._pace):
                    await self._operation.moved()
            except TimeoutError:
                continue
