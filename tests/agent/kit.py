"""What tests of agents share."""

from __future__ import annotations

import asyncio

from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelState
from corvo_agent.modules import MemoryStore, Module, ModuleStore, key_of

NAME = "node1-pen-spyglass"


class Levels:
    """Takes the place of the process's levels; what was applied can be waited for."""

    def __init__(self) -> None:
        self.states: list[LevelState] = []
        self._moved = asyncio.Event()

    def apply(self, state: LevelState) -> None:
        self.states.append(state)
        self._moved.set()

    async def moved(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    async def wait_for(self, level: Level | None) -> LevelState:
        while not self.states or self.states[-1].level is not level:
            await self.moved()
        return self.states[-1]


async def registered(kv: MemoryStore) -> Module:
    """The Module once the agent has reported its start."""
    async with ModuleStore(kv).watch(NAME) as watch:
        async for _ in watch:
            if await kv.get(key_of(NAME)) is not None:
                return await ModuleStore(kv).get(NAME)
    raise AssertionError("the watch ended")
