"""An agent takes its own level away and nothing else, whatever the application has configured, before or meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import loguru
import pytest
import structlog

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.options import AgentOptions
from corvo_agent.levels.filter import get_log_filter, reset_filter
from corvo_agent.levels.level import Level
from corvo_agent.levels.loguru_filter import LoguruFilter
from corvo_agent.levels.state import LevelSource
from corvo_agent.levels.structlog_filter import HotBoundLogger
from corvo_agent.logs import configure_json_logging
from corvo_agent.modules import MemoryStore, ModuleSpec, ModuleStore, key_of
from tests.diagnostics.kit import until
from tests.levels.kit import fresh_name, untouched_levels

NAME = "node1-shop"


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


def agent_of(kv: MemoryStore, tmp_path: Path, name: str = NAME, listen: str = "127.0.0.1:0") -> Agent:
    options = AgentOptions(listen=listen)
    return Agent("shop", name=name, store=kv, log_file=str(tmp_path / "shop.log"), options=options)


async def at(kv: MemoryStore, level: str, name: str = NAME) -> None:
    await kv.put(key_of(name), b'{"spec":{"log-level":"%s"},"status":{"node":"n"}}' % level.encode())


async def in_force(level: int) -> None:
    await until(lambda: logging.root.level == level)


async def test_configured_json_logging_holds_again_when_the_agent_is_left(tmp_path: Path) -> None:
    kv = MemoryStore()
    await at(kv, "Debug")
    with configure_json_logging("shop", path=tmp_path / "shop.log"):
        async with agent_of(kv, tmp_path):
            await in_force(logging.DEBUG)
        assert logging.root.level == logging.INFO


async def test_the_application_s_own_filter_holds_again_when_the_agent_is_left(tmp_path: Path) -> None:
    kv = MemoryStore()
    await at(kv, "Debug")
    reset_filter(get_log_filter("Error"))
    async with agent_of(kv, tmp_path):
        await in_force(logging.DEBUG)
    assert logging.root.level == logging.ERROR


async def test_a_hand_over_leaves_the_new_agent_s_level_in_force(tmp_path: Path, own_port: int) -> None:
    kv, listen = MemoryStore(), f"127.0.0.1:{own_port}"
    await at(kv, "Debug")
    old, new = (agent_of(kv, tmp_path, listen=listen) for _ in range(2))
    async with old:
        await in_force(logging.DEBUG)
        await new.prepare(old)
        await new.__aenter__()
        await until(lambda: new.level.level is Level.DEBUG)
    assert logging.root.level == logging.DEBUG
    await new.aclose()
    assert logging.root.level == logging.WARNING


async def test_of_two_agents_each_takes_away_its_own_level(tmp_path: Path) -> None:
    kv = MemoryStore()
    await at(kv, "Debug")
    await at(kv, "Error", "node1-cart")
    async with agent_of(kv, tmp_path):
        await in_force(logging.DEBUG)
        async with agent_of(kv, tmp_path, "node1-cart"):
            await in_force(logging.ERROR)
        assert logging.root.level == logging.DEBUG
    assert logging.root.level == logging.WARNING


async def test_a_level_that_the_application_sets_meanwhile_stays(tmp_path: Path) -> None:
    kv = MemoryStore()
    await at(kv, "Info")
    handlers = logging.root.handlers[:]
    async with agent_of(kv, tmp_path):
        await in_force(logging.INFO)
        logging.root.handlers[:] = []
        logging.basicConfig(level=logging.INFO)
        logging.root.handlers[:] = handlers
    assert logging.root.level == logging.INFO


async def test_a_module_without_a_level_changes_nothing(tmp_path: Path) -> None:
    kv = MemoryStore()
    loud = logging.getLogger(fresh_name())
    loud.setLevel(logging.DEBUG)
    logging.root.setLevel(logging.ERROR)
    async with agent_of(kv, tmp_path) as agent:
        await until(lambda: agent.statistics().levels.applied > 0)
        assert agent.watcher is not None
        module = await agent.watcher.wait_for(lambda module: module is not None)
        assert module is not None
        assert module.spec == ModuleSpec()
        assert b"log-level" not in (await kv.get(key_of(NAME))).value  # type: ignore[union-attr]
        assert (logging.root.level, loud.level, agent.level.level_text) == (40, 10, "as-configured")
        await at(kv, "Warn")
        await in_force(logging.WARNING)
        await kv.put(key_of(NAME), b'{"status":{"node":"n"}}')
        await in_force(logging.ERROR)
        assert loud.level == logging.DEBUG


async def test_a_default_level_holds_through_the_first_registration_and_is_written(tmp_path: Path) -> None:
    kv = MemoryStore()
    options = AgentOptions(default_level=Level.DEBUG)
    levels: list[str] = []
    agent = Agent(
        "shop",
        name=NAME,
        store=kv,
        log_file=str(tmp_path / "shop.log"),
        options=options,
        apply_level=lambda state: levels.append(state.level_text),
    )
    async with agent:
        await until(lambda: agent.level.source is LevelSource.LOG_LEVEL)
        assert (await ModuleStore(kv).get(NAME)).spec.log_level == "Debug"
    assert set(levels) == {"Debug"}


@pytest.mark.parametrize(("scope", "reached"), [("app", False), ("all", True), (("asyncio",), True)])
async def test_debug_reaches_libraries_only_where_the_scope_says_so(
    scope: str | tuple[str, ...], reached: bool, tmp_path: Path
) -> None:
    kv = MemoryStore()
    await at(kv, "Debug")
    options, log_file = AgentOptions(level_scope=scope), str(tmp_path / "shop.log")
    async with Agent("shop", name=NAME, store=kv, log_file=log_file, options=options) as agent:
        await until(lambda: agent.level.level is Level.DEBUG)
        assert logging.getLogger("asyncio.sub").isEnabledFor(logging.DEBUG) is reached


async def test_structlog_and_loguru_pass_again_what_they_passed_before(tmp_path: Path) -> None:
    kv = MemoryStore()
    await at(kv, "Debug")
    seen: list[str] = []
    follower = LoguruFilter()
    sink = follower.add(lambda message: seen.append(message.record["message"]))
    events = structlog.wrap_logger(
        structlog.ReturnLogger(), processors=[structlog.testing.LogCapture()], wrapper_class=HotBoundLogger
    ).bind()
    captured = events._processors[0].entries

    def say() -> list[str]:
        seen.clear()
        captured.clear()
        for method in ("debug", "info", "warning"):
            getattr(loguru.logger, method)(method)
            getattr(events, method)(method)
        return [*seen, *(entry["event"] for entry in captured)]

    reset_filter(get_log_filter("Warn"))
    try:
        assert say() == ["warning", "warning"]
        async with agent_of(kv, tmp_path):
            await in_force(logging.DEBUG)
            assert len(say()) == 6
        assert say() == ["warning", "warning"]
    finally:
        loguru.logger.remove(sink)
        follower.close()
