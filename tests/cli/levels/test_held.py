"""A level while a person watches: it ends with them, gives way to others, and outlives nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.cli.levels.held import HeldLevel
from corvo_agent.cli.where.connect import open_backend
from corvo_agent.errors import InvalidArgument, NotFound
from corvo_agent.levels.state import LevelSource
from corvo_agent.modules.access import ModuleAccess
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.module_level import ModuleLevel
from tests.cli.place import Place
from tests.diagnostics.kit import until

NAME = "node1-pen-npm"
HOUR = 3600 * 10**9


async def wanted(modules: ModuleAccess) -> str:
    return (await modules.level(NAME)).wanted(time.time_ns()).level_text


async def level_until(modules: ModuleAccess, fits: Callable[[ModuleLevel], bool]) -> None:
    """Wait until the level of the Module ``fits``."""
    async with asyncio.timeout(30):
        while True:
            if fits(await modules.level(NAME)):
                return
            await asyncio.sleep(0.05)


async def test_it_holds_until_it_is_left_and_what_was_there_counts_again(place: Place, agent: Agent) -> None:
    await place.finds(NAME)
    async with open_backend(place.where()) as backend:
        await backend.modules.set_control(NAME, Control("Warn", by="ada"), HOUR)
        async with HeldLevel(backend, "Debug") as held:
            await held.hold(NAME)
            state = (await backend.modules.level(NAME)).wanted(time.time_ns())
            assert (state.level_text, state.source, state.reason) == (
                "Debug",
                LevelSource.OVERRIDE,
                "while its log is followed",
            )
            # In force, as the agent itself says.
            await until(lambda: agent.level.level_text == "Debug")
        assert await wanted(backend.modules) == "Warn"
        assert [control.by for control in (await backend.modules.level(NAME)).controls] == ["ada"]


@pytest.mark.parametrize("place", ["etcd"], indirect=True)
async def test_it_is_renewed_and_ends_by_itself_when_it_is_not(place: Place, agent: Agent) -> None:
    await place.finds(NAME)
    async with open_backend(place.where()) as backend:
        async with HeldLevel(backend, "Debug", lasts=30, renewed=0.05) as held:
            await held.hold(NAME)
            first = (await backend.modules.level(NAME)).controls[0].until
            await level_until(backend.modules, lambda level: level.controls[0].until > first)
        dead = HeldLevel(backend, "Debug", lasts=0.2)
        await dead.hold(NAME)
        # Nobody renews it: as after kill -9.
        await level_until(backend.modules, lambda level: level.wanted(time.time_ns()).level_text == "as-configured")


@pytest.mark.parametrize("place", ["gateway"], indirect=True)
async def test_two_watch_and_each_takes_away_their_own(place: Place, agent: Agent) -> None:
    await place.finds(NAME)
    async with open_backend(place.where()) as backend, HeldLevel(backend, "Debug") as outer:
        await outer.hold(NAME)
        async with HeldLevel(backend, "Debug") as inner:
            await inner.hold(NAME)
            assert len((await backend.modules.level(NAME)).controls) == 2
        assert await wanted(backend.modules) == "Debug"


@pytest.mark.parametrize("place", ["gateway"], indirect=True)
async def test_what_another_client_sets_counts(place: Place, agent: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    await place.finds(NAME)
    async with open_backend(place.where()) as backend, HeldLevel(backend, "Debug", renewed=0.05) as held:
        await held.hold(NAME)
        await backend.modules.set_control(NAME, Control("Error", by="ada"), HOUR)
        said = ""
        async with asyncio.timeout(30):
            while "held no longer" not in said:
                said += capsys.readouterr().err
                await asyncio.sleep(0.05)
        assert "node1-pen-npm" in said
        assert await wanted(backend.modules) == "Error"


async def test_what_stands_in_the_way_is_an_error(place: Place) -> None:
    async with open_backend(place.where()) as backend:
        with pytest.raises(InvalidArgument):
            HeldLevel(backend, "loud")
        async with HeldLevel(backend, "Debug") as held:
            with pytest.raises(NotFound):
                await held.hold("nobody")
