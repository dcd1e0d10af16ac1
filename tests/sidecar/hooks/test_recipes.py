from __future__ import annotations

import asyncio

import pytest

from corvo_agent.errors import RemoteError
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelState
from corvo_agent.sidecar.hooks.http_hook import HttpHook, HttpRequest
from corvo_agent.sidecar.hooks.protocol import LevelChange, LevelHook
from corvo_agent.sidecar.hooks.recipes import envoy, spring_boot, zap
from corvo_agent.sidecar.hooks.runner import HookRunner

from ..servers import Envoy, SpringBoot, Zap, serving


async def apply(hook: LevelHook, *states: LevelState) -> None:
    """Have a runner set the states one after the other."""
    runner = HookRunner([hook])
    task = asyncio.create_task(runner.run())
    for state in states:
        runner.apply(state)
        while runner.statistics()[0].pending:
            assert not runner.statistics()[0].error
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_zap_takes_every_level() -> None:
    server = Zap()
    async with serving(server) as url:
        hook = zap(f"{url}/log/level")
        assert not hook.knows_loggers
        seen = []
        for level in Level:
            await hook.set_level(LevelChange(level))
            seen.append(server.level)
        with pytest.raises(RemoteError, match="Only GET and PUT"):
            await HttpHook(HttpRequest("POST", url)).set_level(LevelChange(Level.INFO))
    assert seen == ["debug", "info", "warn", "error", "fatal"]


async def test_spring_boot_takes_all_levels_and_those_of_single_loggers() -> None:
    server = SpringBoot()
    async with serving(server) as url:
        hook = spring_boot(f"{url}/actuator/loggers/")
        await apply(hook, LevelState(Level.WARN, loggers={"org.app.db": Level.DEBUG, "org.app": Level.NONE}))
        assert server.configured == {"ROOT": "WARN", "org.app.db": "DEBUG", "org.app": "OFF"}
        await hook.set_level(LevelChange(Level.INFO, "a/b é"))
        assert server.configured["a/b é"] == "INFO"


async def test_spring_boot_forgets_loggers_that_are_named_no_more() -> None:
    server = SpringBoot()
    async with serving(server) as url:
        await apply(
            spring_boot(f"{url}/actuator/loggers"),
            LevelState(Level.INFO, loggers={"org.app.db": Level.DEBUG}),
            LevelState(Level.ERROR),
        )
    assert server.configured == {"ROOT": "ERROR"}


async def test_envoy_takes_all_levels_and_those_of_single_loggers() -> None:
    server = Envoy()
    async with serving(server) as url:
        hook = envoy(url)
        await apply(hook, LevelState(Level.WARN, loggers={"http": Level.DEBUG, "admin": Level.NONE}))
        assert server.loggers == {"admin": "off", "http": "debug", "upstream": "warning"}
        await apply(hook, LevelState(Level.ERROR))
        assert set(server.loggers.values()) == {"error"}
        with pytest.raises(RemoteError, match="HTTP 400: usage"):
            await hook.set_level(LevelChange(Level.INFO, "no such"))
