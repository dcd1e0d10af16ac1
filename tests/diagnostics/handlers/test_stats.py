"""The Stats query, handler by itself and through a real server."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from corvo_agent.access.caller import Caller, calling
from corvo_agent.access.roles import Role
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.handlers.stats import StatsHandler
from corvo_agent.diagnostics.messages.payloads import STATS, check_type, decode_stats
from corvo_agent.diagnostics.query import NOTHING, DebugQuery
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import NotFound
from corvo_agent.stats import ExpvarRegistry, Func, Int, RuntimeStats, cpu_share
from tests.diagnostics.kit import served, until


@pytest.fixture
def registry() -> ExpvarRegistry:
    return ExpvarRegistry()


@pytest_asyncio.fixture
async def handler(registry: ExpvarRegistry) -> AsyncIterator[StatsHandler]:
    handler = StatsHandler(registry)
    await handler.start()
    yield handler
    await handler.stop()


async def ask(handler: StatsHandler, **parameters: str) -> dict[str, str]:
    payload = await handler.handle(DebugQuery("Stats", parameters))
    return decode_stats(check_type(payload, STATS))


async def test_without_parameters_everything_is_answered(handler: StatsHandler, registry: ExpvarRegistry) -> None:
    registry.publish("requests", Int(3))
    answer = await ask(handler)
    assert {"cmdline", "cpustats", "memstats", "requests", "runtime", "threads"} <= answer.keys()
    assert list(answer) == sorted(answer)
    assert answer["requests"] == "3"
    assert json.loads(answer["cpustats"])["NumCPUs"] >= 1


@pytest.mark.parametrize("action", ["get", "GET", "", "dance"])
async def test_an_action_that_is_not_known_counts_as_get(handler: StatsHandler, action: str) -> None:
    assert (await ask(handler, action=action, expvar="cmdline")).keys() == {"cmdline"}


async def test_one_variable_is_answered_alone(handler: StatsHandler, registry: ExpvarRegistry) -> None:
    registry.publish("requests", Int(3))
    assert await ask(handler, expvar="requests") == {"requests": "3"}


async def test_an_unknown_variable_is_empty(handler: StatsHandler) -> None:
    assert await ask(handler, expvar="nothing") == {}


@pytest.mark.parametrize("action", ["clear", " Clear "])
async def test_clear_empties_debug_stats_and_answers_nothing(
    handler: StatsHandler, registry: ExpvarRegistry, action: str
) -> None:
    registry.debug_stats("a").increment("c")
    assert await handler.handle(DebugQuery("Stats", {"action": action})) == NOTHING
    assert await ask(handler, expvar="debugstats_a") == {"debugstats_a": "{}"}


async def test_what_is_secret_in_a_variable_leaves_neither_by_its_name_nor_among_all(
    handler: StatsHandler, registry: ExpvarRegistry
) -> None:
    registry.publish("config", Func(lambda: {"DB_PASS": "hunter2", "url": "amqp://u:hunter2@mq"}))
    shown = {"DB_PASS": "***", "url": "amqp://u:***@mq"}
    for asked in ({"expvar": "config"}, {}):
        assert json.loads((await ask(handler, **asked))["config"]) == shown


async def test_a_published_variable_outranks_ours(handler: StatsHandler, registry: ExpvarRegistry) -> None:
    registry.publish("cpustats", Func(lambda: {"NumCPUs": 999}))
    assert await ask(handler, expvar="cpustats") == {"cpustats": '{"NumCPUs":999}'}


async def test_a_variable_that_raises_says_so_and_the_others_are_answered(
    handler: StatsHandler, registry: ExpvarRegistry
) -> None:
    registry.publish("bad", Func(lambda: 1 // 0))
    answer = await ask(handler)
    assert "ZeroDivisionError" in answer["bad"]
    assert "error" not in json.loads(answer["memstats"])


async def test_the_process_is_measured_from_start_to_stop() -> None:
    handler = StatsHandler(runtime=RuntimeStats(0.001))
    assert not handler.runtime.heartbeat.running
    await handler.start()
    await until(lambda: handler.runtime.heartbeat.lag.summary().count)
    assert json.loads((await ask(handler, expvar="runtime"))["runtime"])["LoopLag"]["Count"] > 0
    await handler.stop()
    assert not handler.runtime.heartbeat.running
    assert (await ask(handler, expvar="cmdline")).keys() == {"cmdline"}


async def test_percent_is_of_the_time_since_the_asker_s_own_last_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_share, "_WINDOW", 0.0)
    handler = StatsHandler()

    async def percent(name: str) -> float:
        with calling(Caller(name, Role.VIEWER)):
            return float(json.loads((await ask(handler, expvar="cpustats"))["cpustats"])["Percent"])

    asked = time.monotonic()
    await percent("seldom")
    await percent("often")
    start = time.process_time()
    while time.process_time() < start + 0.3:
        sum(range(1000))
    await percent("often")
    # What the other one was told of is still in what this one hears.
    assert await percent("seldom") >= 100 * 0.3 / (time.monotonic() - asked) - 1


async def test_a_client_reads_them_over_grpc(registry: ExpvarRegistry) -> None:
    registry.debug_stats("node1-m").increment("c")
    service = DiagnosticsService()
    service.register_handler("Stats", StatsHandler(registry))
    async with served(service) as address, DiagnosticsClient(address) as client:
        assert await client.stats("debugstats_node1-m") == {"debugstats_node1-m": {"c": 1}}
        assert await client.stats(action="clear") == {}
        assert await client.stats("debugstats_node1-m") == {"debugstats_node1-m": {}}
        assert (await client.stats("cpustats"))["cpustats"]["NumTasks"] > 0


async def test_one_that_says_what_is_missing_is_that_error_and_among_all_a_value(
    handler: StatsHandler, registry: ExpvarRegistry
) -> None:
    def of_the_process() -> int:
        raise NotFound("process", "pen-npm", "it does not run")

    registry.publish("io", Func(of_the_process))
    registry.publish("broken", Func(lambda: 1 // 0))
    with pytest.raises(NotFound, match="process pen-npm not found: it does not run"):
        await ask(handler, expvar="io")
    for answer in (await ask(handler), await ask(handler, expvar="broken")):
        assert json.loads(answer["broken"])["error"].startswith("ZeroDivisionError")
    assert "it does not run" in json.loads((await ask(handler))["io"])["error"]
