"""Following every module that a selector chooses, those that appear later too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from ...errors import CorvoError
from ...modules.access import ModuleAccess, ModuleEvent, Selector
from ...modules.kv import ChangeType
from ..show.output import note
from .follower import ModuleFollower

#: Modules that one command follows at once: each is a stream of its own.
MAX_FOLLOWED = 500
_WRONG_USAGE = 2


class SelectionFollower:
    """Follows, by a ModuleFollower from ``make``, each module of ``selector``; ``fail`` is told of those that end."""

    def __init__(
        self,
        modules: ModuleAccess,
        selector: Selector,
        make: Callable[[str], ModuleFollower],
        fail: Callable[[str, CorvoError], None],
    ) -> None:
        self._modules = modules
        self._selector = selector
        self._make = make
        self._fail = fail
        self._running: dict[str, ModuleFollower] = {}
        self._full = False

    async def run(self) -> None:
        """Go on until cancelled. Raises what the watch raises, and what would be refused by every module alike."""
        async with asyncio.TaskGroup() as tasks, aclosing(self._modules.watch(self._selector)) as events:
            async for event in events:
                self._take(event, tasks)

    def _take(self, event: ModuleEvent, tasks: asyncio.TaskGroup) -> None:
        name = event.module.name
        follower = self._running.get(name)
        # A name that comes back goes on where it was: its follower may still be reading.
        if follower is not None:
            follower.leave(leaving=event.type is ChangeType.DELETED)
        elif event.type is not ChangeType.DELETED and self._has_room(name):
            follower = self._running[name] = self._make(name)
            tasks.create_task(self._follow(name, follower), name=f"corvo-follow {name}")

    def _has_room(self, name: str) -> bool:
        if len(self._running) < MAX_FOLLOWED:
            self._full = False
            return True
        if not self._full:
            note(f"corvo: {MAX_FOLLOWED} modules at most are followed; {name} and others are left out")
        self._full = True
        return False

    async def _follow(self, name: str, follower: ModuleFollower) -> None:
        try:
            await follower.run()
        except CorvoError as error:
            if error.exit_code == _WRONG_USAGE:
                # What one of them does not understand none of them will.
                raise
            self._fail(name, error)
        finally:
            del self._running[name]
