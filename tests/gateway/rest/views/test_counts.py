"""Lines of a log by severity and time: what is not known of them is said."""

from __future__ import annotations

import time
from pathlib import Path

import orjson
import pytest

from corvo_agent.diagnostics.handlers.log import LogHandler
from corvo_agent.diagnostics.messages.payloads import logs_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.errors import InvalidArgument
from corvo_agent.gateway.app import Gateway
from corvo_agent.logs.lines.marker import COUNTS, CURSOR, MARKER, TRUNCATED
from corvo_agent.timestamps import format_rfc3339

from ...agents import Agent, AgentFarm, Handler
from ...conftest import Api, Store, settled
from ...modules import module


async def started(agents: AgentFarm, gateway: Gateway, store: Store) -> Agent:
    agent = await agents.start(module("a1"))
    await settled(gateway, store)
    await gateway.endpoints.wait_until(lambda: len(gateway.endpoints) == 1, "no endpoint", 30)
    return agent


async def test_a_real_log_is_counted(
    api: Api, gateway: Gateway, store: Store, agents: AgentFarm, tmp_path: Path
) -> None:
    now, path = time.time_ns(), tmp_path / "a1.log"
    lines = [("info", 4000), ("error", 130), ("info", 120), ("odd", 10)]
    written = [{"level": level, "ts": format_rfc3339(now - ago * 10**9), "msg": "x"} for level, ago in lines]
    path.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in written))
    agent = await started(agents, gateway, store)
    handler = LogHandler(str(path))
    agent.service.register_handler("Log", handler)
    await handler.start()
    status, found = await api.get("/modules/a1/counts", since="15m", step="1")
    assert (status, found["module"], found["step"], found["unknown"]) == (200, "a1", 1, "")
    assert [each["levels"] for each in found["counts"]] == [{"error": 1}, {"info": 1}, {"unknown": 1}]
    assert found["counts"][0]["time"] == format_rfc3339((now - 130 * 10**9) // 10**9 * 10**9)
    for query in ({"since": "x"}, {"step": "0.5"}, {"step": "-1"}, {"since": "1d", "step": "1"}):
        assert (await api.get("/modules/a1/counts", **query))[0] == 400, query
    await handler.stop()


def counted(second: int, count: int) -> dict[str, str]:
    levels = orjson.dumps({"info": count}).decode()
    return {"level": MARKER, "msg": "lines", "ts": f"2026-01-01T00:00:{second:02}Z", COUNTS: levels}


EARLY = {"level": MARKER, "msg": "ends early", TRUNCATED: "deadline"}


@pytest.mark.parametrize(
    ("answer", "counts", "unknown"),
    [
        # Of several logs, each tells its own steps.
        ([counted(1, 2), counted(1, 3)], [{"info": 5}], ""),
        ([counted(1, 2), counted(2, 3), {**EARLY, CURSOR: "c"}], [{"info": 3}], "lines before 2026-01-01T00:00:02Z"),
        ([counted(1, 2), EARLY], [{"info": 2}], "some lines are not counted: deadline"),
        ([{"msg": "a line"}], [], "does not count lines"),
        (InvalidArgument("counts", "60s", "unknown parameter"), [], "unknown parameter"),
    ],
)
async def test_what_is_not_known_is_said(
    api: Api,
    gateway: Gateway,
    store: Store,
    agents: AgentFarm,
    answer: list[dict[str, str]] | InvalidArgument,
    counts: list[dict[str, int]],
    unknown: str,
) -> None:
    async def say(query: DebugQuery) -> Payload:
        if isinstance(answer, InvalidArgument):
            raise answer
        return logs_payload(answer)

    agent = await started(agents, gateway, store)
    agent.service.register_handler("Log", Handler(say))
    status, found = await api.get("/modules/a1/counts", step="1")
    assert (status, [each["levels"] for each in found["counts"]]) == (200, counts)
    assert unknown in found["unknown"]
    assert bool(unknown) == bool(found["unknown"])
