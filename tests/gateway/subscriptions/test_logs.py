"""Followed logs of several Modules over one stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from corvo_agent.diagnostics.messages.payloads import logs_payload
from corvo_agent.gateway.app import Gateway
from corvo_agent.logs.lines import marker
from corvo_agent.logs.lines.marker import Gap
from corvo_agent.logs.tail.resume import Resume
from corvo_agent.modules.names import key_of
from tests.diagnostics.kit import until
from tests.held import left_behind

from ..agents import Agent, AgentFarm
from ..conftest import Api, Store, settled
from ..modules import module


class Stream:
    """What one client hears."""

    def __init__(self, response: Any) -> None:
        self._response = response

    async def lines(self, count: int) -> list[dict[str, Any]]:
        return [json.loads(await self._response.content.readline()) for _ in range(count)]

    async def line(self) -> dict[str, Any]:
        return (await self.lines(1))[0]


@asynccontextmanager
async def following(api: Api, **wanted: Any) -> AsyncIterator[Stream]:
    body = {"subscriptions": [{"id": "l", "kind": "logs", **wanted}]}
    async with asyncio.timeout(60), api.raw("POST", "/watch", body) as response:
        assert response.status == 200, await response.text()
        yield Stream(response)


async def two(agents: AgentFarm, gateway: Gateway, store: Store) -> tuple[Agent, Agent]:
    one, other = [await agents.start(module(name, labels={"team": "shop"})) for name in ("a1", "b2")]
    await settled(gateway, store)
    await gateway.endpoints.wait_until(lambda: len(gateway.endpoints) == 2, "no endpoints", 30)
    return one, other


async def test_the_newest_lines_come_in_the_order_of_their_times_and_then_those_that_come(
    api: Api, store: Store, gateway: Gateway, agents: AgentFarm
) -> None:
    one, other = await two(agents, gateway, store)
    async with following(api, **{"label-selector": "team=shop"}, parameters={"lines": "2"}) as stream:
        first = await stream.lines(4)
        assert [line["log"]["msg"] for line in first] == ["a1 0", "b2 0", "a1 1", "b2 1"]
        assert {(line["id"], line["type"]) for line in first} == {("l", "log")}
        await other.say("later")
        assert await stream.line() == {"id": "l", "type": "log", "module": "b2", "log": {"msg": "later"}}
        await one.log.live.put(logs_payload([marker.gap(Gap.VANISHED, "x.log"), marker.position("place")]))
        gap, cursor = await stream.lines(2)
        assert (gap["type"], gap["log"]["corvo.gap"]) == ("gap", "vanished")
        assert cursor == {"id": "l", "type": "cursor", "module": "a1", "cursor": "place"}
        # A Module that comes is followed, too, and one that goes is told.
        await agents.start(module("c3", labels={"team": "shop"}))
        assert [line["log"]["msg"] for line in await stream.lines(2)] == ["c3 0", "c3 1"]
        await store.delete(key_of("c3"))
        assert await stream.line() == {"id": "l", "type": "gone", "name": "c3"}
    # Who leaves ends the queries at the agents.
    await asyncio.wait_for(one.left.wait(), 30)
    await asyncio.wait_for(other.left.wait(), 30)


async def test_a_cursor_is_gone_on_from_and_an_agent_that_is_lost_is_looked_for_again(
    api: Api, store: Store, gateway: Gateway, agents: AgentFarm
) -> None:
    one, _ = await two(agents, gateway, store)
    async with following(api, names=["a1"], cursors={"a1": "there"}, parameters={"lines": "1"}) as stream:
        assert (await stream.line())["log"]["msg"] == "a1 0"
        assert one.log.asked[-1].parameters == {"lines": "1", "cursor": "there"}
        await one.log.live.put(logs_payload([marker.position("beyond")]))
        assert (await stream.line())["cursor"] == "beyond"
        await one.end()
        lost = await stream.line()
        assert (lost["type"], lost["module"], "ended" in lost) == ("error", "a1", False)
        assert (await stream.line())["log"]["msg"] == "a1 0"
        assert one.log.asked[-1].parameters["cursor"] == "beyond"


async def test_what_an_agent_refuses_ends_its_log_and_no_other(
    api: Api, store: Store, gateway: Gateway, agents: AgentFarm
) -> None:
    await two(agents, gateway, store)
    async with following(api, names=["a1", "none"], parameters={"lines": "x"}) as stream:
        told = {line["module"]: line for line in await stream.lines(2)}
    assert (told["a1"]["ended"], told["a1"]["type"]) == (True, "error")
    assert ("ended" in told["none"], told["none"]["type"]) == (False, "error")


async def test_what_is_wrong_refuses_the_request(api: Api) -> None:
    for wanted in (
        {},
        {"names": ["a"] * 1 + [str(n) for n in range(100)]},
        {"names": ["a"], "parameters": {"cursor": "x"}},
    ):
        status, _ = await api.call("POST", "/watch", {"subscriptions": [{"id": "l", "kind": "logs", **wanted}]})
        assert status in (400, 412), wanted


async def test_lines_of_a_stream_that_is_cut_are_not_left_to_the_garbage_collector(
    api: Api, store: Store, gateway: Gateway, agents: AgentFarm
) -> None:
    await two(agents, gateway, store)
    with left_behind(Resume) as left:
        for _ in range(3):
            async with following(api, **{"label-selector": "team=shop"}, parameters={"lines": "2"}) as stream:
                await stream.lines(4)
        await until(lambda: not any(task.get_name() == "corvo-multiplex" for task in asyncio.all_tasks()))
        assert left() == 0
