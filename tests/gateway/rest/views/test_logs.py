"""Lines of a log, and those around one of them, of a real log file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest_asyncio

from corvo_agent.diagnostics.handlers.log import LogHandler
from corvo_agent.gateway.app import Gateway

from ...agents import AgentFarm
from ...conftest import Api, Store, settled
from ...modules import module

LINES = 50


def line(number: int, level: str = "info") -> dict[str, str]:
    return {"level": level, "ts": f"2026-01-01T00:00:{number:02}Z", "msg": f"line {number}"}


@pytest_asyncio.fixture(autouse=True)
async def log(tmp_path: Path, gateway: Gateway, store: Store, agents: AgentFarm) -> AsyncIterator[Path]:
    """An agent whose log has fifty lines, every tenth of which is an error."""
    path = tmp_path / "a1.log"
    written = [line(number, "info" if number % 10 else "error") for number in range(LINES)]
    path.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in written))
    agent = await agents.start(module("a1"))
    handler = LogHandler(str(path))
    agent.service.register_handler("Log", handler)
    await handler.start()
    await settled(gateway, store)
    await gateway.endpoints.wait_until(lambda: len(gateway.endpoints) == 1, "no endpoint", 30)
    yield path
    await handler.stop()


def messages(found: dict[str, list[dict[str, str]]]) -> list[str]:
    return [record["msg"] for record in found["logs"]]


async def test_the_parameters_of_the_query_log_are_those_of_the_url(api: Api) -> None:
    status, found = await api.get("/modules/a1/logs", level="Error", lines="2")
    assert (status, messages(found), found["module"], found["cursor"]) == (200, ["line 30", "line 40"], "a1", "")
    assert (await api.get("/modules/a1/logs", lines="many"))[0] >= 400
    assert (await api.get("/modules/none/logs"))[0] == 409


async def test_an_answer_that_ends_early_says_where_to_go_on_and_that_place_has_neighbours(api: Api) -> None:
    _, found = await api.get("/modules/a1/logs", lines="all", since="2026-01-01T00:00:00Z", **{"max-results": "5"})
    assert messages(found) == [f"line {number}" for number in range(45, 50)]
    assert found["remarks"][0]["level"] == "marker"
    status, around = await api.get("/modules/a1/logs/context", cursor=found["cursor"], before="2", after="3")
    assert (status, messages(around)) == (200, ["line 43", "line 44", "line 45", "line 46", "line 47"])
    assert around["logs"][around["at"]]["msg"] == "line 45"


async def test_a_line_is_found_by_its_time_and_its_text(api: Api) -> None:
    time = line(20)["ts"]
    _, around = await api.get("/modules/a1/logs/context", time=time, fixed="line 20", before="2", after="1")
    assert (messages(around), around["at"]) == (["line 18", "line 19", "line 20", "line 21"], 2)
    _, other = await api.get("/modules/a1/logs/context", time=time, fixed="another", before="1", after="0")
    assert (messages(other), other["at"]) == (["line 19", "line 20"], None)


async def test_what_says_no_line_is_refused(api: Api) -> None:
    for query in ({}, {"cursor": "x"}, {"cursor": "~x"}, {"time": "noon"}, {"time": line(1)["ts"], "before": "101"}):
        assert (await api.get("/modules/a1/logs/context", **query))[0] == 400, query
