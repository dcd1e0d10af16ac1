"""The requests that users of the original know, letter by letter, from REST through a real etcd to a real agent."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re
import shlex
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from corvo_agent.agent.agent import Agent
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.names import API_PATH
from tests.guides.text import block

pytestmark = pytest.mark.integration

NAME = "node1-pen-spyglass"
LINES = 400
DEBUG = f"{API_PATH}/modules/{NAME}/Debug"


@pytest_asyncio.fixture
async def url(etcd: EmbeddedEtcd, tmp_path: Path) -> AsyncIterator[str]:
    log = tmp_path / "pen-spyglass.log"
    record = {"level": "info", "ts": "2026-05-10T16:26:07.675716955Z", "module": "pen-spyglass", "pid": "7"}
    log.write_text("".join(json.dumps({**record, "msg": f"line {number}"}) + "\n" for number in range(LINES)))
    options = EtcdOptions((etcd.endpoint,), call_timeout=30.0)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(EtcdStore(options))
        gateway = await stack.enter_async_context(Gateway(store, GatewaySettings(listen="127.0.0.1:0")))
        agent = Agent("pen-spyglass", node="node1", store=EtcdStore(options), log_file=str(log), apply_level=None)
        await stack.enter_async_context(agent)
        async with asyncio.timeout(60):
            await gateway.endpoints.wait_until(lambda: gateway.endpoints.get(NAME) is not None, "no endpoint", 60)
            await gateway.cache.wait_until(lambda: gateway.cache.get(NAME) is not None, "the Module", 60)
        yield gateway.url


async def post(url: str, body: str) -> Any:
    async with aiohttp.ClientSession() as session, session.post(url + DEBUG, data=body) as response:
        found = await response.json()
        assert response.status == 200, found
        return found["diagnostics"]


async def test_module(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{url}{API_PATH}/modules/{NAME}") as response:
        found = await response.json()
    assert (found["kind"], found["api-version"], found["meta"]["name"]) == ("Module", "v1", NAME)
    assert found["meta"]["self-link"] == f"{API_PATH}/modules/{NAME}"
    assert found["spec"] == {}
    assert [found["status"][key] for key in ("node", "module", "category")] == ["node1", "pen-spyglass", "Venice"]


async def test_log_query(url: str) -> None:
    found = await post(url, '{\n\t"query": "Log",\n\t"parameters":{\n\t\t"lines": "300"\n\t}\n}')
    logs = [entry["log"] for entry in found["logs"]]
    assert [log["msg"] for log in logs] == [f"line {number}" for number in range(LINES - 300, LINES)]
    assert logs[0]["@timestamp"] == "2026-05-10T16:26:07.675Z"
    assert logs[0]["source"].endswith("pen-spyglass.log")


async def test_stats_query(url: str) -> None:
    body = '{\n\t"query": "Stats",\n\t"parameters":{\n\t\t"action": "get",\n\t\t"expvar": "cpustats"\n\t}\n}'
    stats = (await post(url, body))["stats"]
    assert list(stats) == ["cpustats"]
    assert {"NumCPUs", "NumGoroutines"} <= set(json.loads(stats["cpustats"]))


@pytest.mark.parametrize("parameters", ['"profile": "goroutine"', '"profile": "profile", "seconds":"1"'])
async def test_profile_query(url: str, parameters: str) -> None:
    found = await post(url, f'{{"query": "profile", "parameters":{{{parameters}}}}}')
    assert list(found) == ["buffer"]
    assert gzip.decompress(base64.b64decode(found["buffer"]))


HOST = "http://127.0.0.1:9000"


def examples() -> list[tuple[str, list[str]]]:
    """Each command of the example with curl, and the lines that it prints there."""
    export, *commands = block("example: curl").removeprefix("$ ").split("\n$ ")
    api = export.removeprefix("export API=")
    return [(lines[0].replace("$API", api), lines[1:]) for lines in map(str.splitlines, commands)]


async def curl(command: str, url: str) -> AsyncGenerator[str, None]:
    """The lines that a command prints, until the caller has seen enough."""
    words = iter(shlex.split(command.replace(HOST, url)))
    assert next(words) == "curl"
    method, body, headers, target = "GET", None, {}, ""
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-d":
            body = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word not in ("-sS", "-sSN"):
            target = word
    async with (
        aiohttp.ClientSession(read_bufsize=1 << 20) as session,
        session.request(method, target, data=body, headers=headers) as response,
    ):
        async for line in response.content:
            yield line.decode().rstrip("\n")


def pattern(printed: str) -> str:
    """What a line has to look like in which ``...`` stands for anything."""
    return ".*".join(map(re.escape, printed.split("...")))


async def test_the_commands_of_the_guide_print_what_stands_there(url: str) -> None:
    commands = examples()
    assert len(commands) == 12
    for command, printed in commands:
        async with asyncio.timeout(60), aclosing(curl(command, url)) as lines:
            for expected in printed:
                assert re.fullmatch(pattern(expected), await anext(lines)), command
