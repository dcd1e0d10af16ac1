"""Stats of several processes: counts added up, all else by process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from corvo_agent.diagnostics.messages.payloads import decode_stats
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import NotFound
from corvo_agent.hub.stats import HubStats
from corvo_agent.stats.expvar import ExpvarRegistry
from corvo_agent.stats.variables import Func, Int, Map
from tests.hub.kit import hub, stubs
from tests.stub.kit import runtime_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with runtime_folder() as made:
        yield made


async def ask(handler: HubStats, **parameters: str) -> dict[str, Any]:
    answer = await handler.handle(DebugQuery("Stats", parameters))
    return {name: orjson.loads(text) for name, text in decode_stats(answer.value).items()}


async def test_counts_are_added_up_and_the_rest_is_told_by_process(folder: Path) -> None:
    own = ExpvarRegistry()
    own.publish("agent", Func(lambda: {"name": "shop"}))
    async with hub(folder) as (workers, place), stubs(workers, place, 2) as both:
        handler = HubStats(workers, own, lambda: "shop")
        for number, each in enumerate(both):
            gauge, counts = Int(), Map()
            gauge.set(number)
            counts.add("seen", 2)
            each.publish("gauge", gauge)
            each.publish("counts", counts)
            each.publish("n", Int(number + 1))
            each.publish("name", lambda: "shop")
        assert await ask(handler, expvar="n") == {"n": 3}
        assert await ask(handler, expvar="gauge") == {"gauge": {"1": 0, "2": 1}}
        assert await ask(handler, expvar="n", worker="2") == {"n": 2}
        assert await ask(handler, expvar="nothing") == {}
        everything = await ask(handler)
        assert everything["counts"] == {"seen": 4}
        assert everything["workers"]["1"]["counts"] == {"seen": 2}
        assert everything["agent"]["name"] == "shop"
        assert (await ask(handler, expvar="agent"))["agent"]["blockers"] == []
        with pytest.raises(NotFound):
            await ask(handler, worker="7")
    async with hub(folder) as (workers, place), stubs(workers, place, 1) as (alone,):
        alone.publish("name", lambda: "shop")
        everything = await ask(HubStats(workers, own, lambda: "shop"))
        # As an agent inside the process would tell it.
        assert everything["name"] == "shop"
        assert "NumCPUs" in everything["cpustats"]
