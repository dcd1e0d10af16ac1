"""Agents whose clocks are wrong, on a real etcd: overrides last for them as long as for the others."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.clock import SystemClock
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelState
from corvo_agent.modules import Control, ControlStore, Module, ModuleStore
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.names import API_PATH

pytestmark = pytest.mark.integration

NAME = "n1-svc"
SECOND = 10**9


class WrongClock(SystemClock):
    """The machine's clock, set wrongly by ``seconds``."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def time_ns(self) -> int:
        return super().time_ns() + round(self._seconds * SECOND)


class Levels:
    """What an agent has put into force."""

    def __init__(self) -> None:
        self.applied: asyncio.Queue[Level | None] = asyncio.Queue()

    def apply(self, state: LevelState) -> None:
        self.applied.put_nowait(state.level)

    async def wait_for(self, level: Level | None) -> None:
        while await self.applied.get() is not level:
            pass


@pytest.mark.parametrize("wrong", [-3600, 0, 3600])
async def test_an_override_lasts_as_long_as_etcd_s_clock_says(
    wrong: float, each_etcd: EmbeddedEtcd, caplog: pytest.LogCaptureFixture
) -> None:
    options, clock, levels = EtcdOptions.from_urls(each_etcd.endpoint, call_timeout=30.0), WrongClock(wrong), Levels()
    agent = Agent(
        "svc", node="n1", store=EtcdStore(options, clock=clock), clock=clock, apply_level=levels.apply, log_file="x"
    )
    async with ModuleStore(EtcdStore(options)) as people, agent:
        assert agent.watcher is not None
        await agent.watcher.wait_for(lambda module: module is not None)
        controls = ControlStore(people.kv)
        await controls.put(NAME, Control("Debug", until=time.time_ns() + 600 * SECOND))
        await levels.wait_for(Level.DEBUG)
        # Only now: on a busy machine it might have ended before it came.
        until = time.time_ns() + 2 * SECOND
        await controls.put(NAME, Control("Debug", until=until))
        await levels.wait_for(None)
        ended = time.time_ns()
        etcd = agent.statistics().as_json()["etcd"]
        assert isinstance(etcd, dict)
        # etcd tells its time in whole seconds: what is known of it leaves some doubt.
        assert ended >= until - max(1.0, etcd["clock-doubt"]) * SECOND
        assert abs(etcd["clock-difference"] + wrong) <= etcd["clock-doubt"]
    warned = [record for record in caplog.records if "the clock of this machine is" in record.getMessage()]
    assert len(warned) == bool(wrong)


async def test_an_agent_that_is_an_hour_ahead_takes_nothing_from_the_others(etcd: EmbeddedEtcd) -> None:
    options, clock, levels = EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0), WrongClock(3600), Levels()
    agent = Agent("svc", node="n1", store=EtcdStore(options, clock=clock), clock=clock, apply_level=levels.apply)
    async with ModuleStore(EtcdStore(options)) as people, agent:
        assert agent.watcher is not None
        await agent.watcher.wait_for(lambda module: module is not None)
        controls = ControlStore(people.kv)
        await controls.put(NAME, Control("Debug", until=time.time_ns() + 60 * SECOND))
        await levels.wait_for(Level.DEBUG)
        ended = await controls.put(NAME, Control("Error", until=time.time_ns() - SECOND, logger="a"))
        await people.set_level(NAME, "Warn")
        await levels.wait_for(Level.WARN)
        # The log-level that was changed ends the one of the process; what has ended by time is left to its lease.
        assert ended in await controls.list(NAME)


async def test_a_gateway_with_a_wrong_clock_sets_the_end_by_etcd_s(etcd: EmbeddedEtcd) -> None:
    options, clock = EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0), WrongClock(-7200)
    async with (
        ModuleStore(EtcdStore(options)) as people,
        EtcdStore(options, clock=clock) as store,
        Gateway(store, GatewaySettings(listen="127.0.0.1:0"), clock=clock) as gateway,
        aiohttp.ClientSession() as session,
    ):
        await people.create(Module().with_meta(name=NAME))
        url = f"{gateway.url}{API_PATH}/modules/{NAME}/level"
        before = time.time_ns()
        async with session.put(url, json={"level": "Debug", "for": "10m"}) as response:
            assert response.status == 200, await response.text()
        (control,) = await ControlStore(people.kv).list(NAME)
        # Within what a Date header leaves open.
        assert before - 2 * SECOND < control.until - 600 * SECOND < time.time_ns() + 2 * SECOND
