"""A query that had to leave lines out says so, by whatever way it is asked, and beside the records of lines."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.levels.level import Level
from corvo_agent.logs import LogQuery, LogReader, LogTailer, Window, is_marker
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import corvo
from tests.diagnostics.kit import until

pytestmark = pytest.mark.integration

NAME = "node1-app"
ASKED = {"level": "Error", "since": "10m"}
# Of every other line neither level nor time can be read.
LINES = '{{"level":"error","ts":{now},"msg":"boom"}}\n' + '{{"msg":"who knows"}}\n' * 7
LEVELS = "7 lines without a level that can be read were left out"
TIMES = "1 line without a time that can be read was left out"


def written(folder: Path) -> Path:
    path = folder / "app.log"
    # An error without a time, besides.
    path.write_text(LINES.format(now=time.time() - 1) + '{"level":"error","msg":"when?"}\n')
    return path


def told(records: Sequence[Mapping[str, str]]) -> tuple[list[str], list[str]]:
    """The messages of lines, and what is said besides."""
    lines = [record["msg"] for record in records if not is_marker(record)]
    remarks = [record["msg"] for record in records if is_marker(record) and "corvo.gap" in record]
    return lines, remarks


@pytest_asyncio.fixture
async def places(etcd: EmbeddedEtcd, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """An agent of the file, a gateway before it, and the etcd that both are known in."""
    path = str(written(tmp_path))
    async with AsyncExitStack() as stack:
        modules = await stack.enter_async_context(
            ModuleStore(EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)))
        )
        service = DiagnosticsService.with_defaults("app", "node1", log_file=path)
        await stack.enter_async_context(service)
        server = await stack.enter_async_context(DiagnosticsServer([service]))
        await modules.create(Module(ObjectMeta(name=NAME)))
        await modules.kv.put(endpoint_key(NAME), encode_endpoint(Endpoint(server.address)))
        store = await stack.enter_async_context(EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)))
        gateway = await stack.enter_async_context(Gateway(store, GatewaySettings(listen="127.0.0.1:0")))
        await until(lambda: bool(gateway.endpoints.get(NAME) and gateway.cache.get(NAME)))
        yield {"address": server.address, "gateway": gateway.url, "etcd": etcd.endpoint}


@pytest.mark.parametrize("way", ["address", "gateway", "etcd"])
async def test_the_command_line_says_it_beside_the_lines(places: dict[str, str], way: str) -> None:
    outcome = await corvo("logs", NAME, "--level", "Error", "--since", "10m", "-o", "json", f"--{way}", places[way])
    (line,) = outcome.out.splitlines()
    assert (outcome.code, json.loads(line)["msg"]) == (0, "boom")
    assert LEVELS in outcome.err
    assert TIMES in outcome.err


async def test_clients_have_it_behind_the_lines(places: dict[str, str]) -> None:
    async with DiagnosticsClient(places["address"]) as client:
        assert told(await client.logs(ASKED)) == (["boom"], [LEVELS, TIMES])
    body = {"query": "Log", "parameters": ASKED}
    base = f"{places['gateway']}/configs/diagnostics/v1"
    async with ClientSession() as session:
        async with session.post(f"{base}/modules/{NAME}/Debug", json=body) as response:
            logs = (await response.json())["diagnostics"]["logs"]
            assert told([each["log"] for each in logs]) == (["boom"], [LEVELS, TIMES])
        async with session.post(f"{base}/Debug?merge=time", json=body) as response:
            *lines, _ = [json.loads(line) for line in (await response.text()).splitlines()]
            assert told([each["log"] for each in lines]) == (["boom"], [LEVELS, TIMES])


async def test_the_library_has_it_apart_from_the_records(tmp_path: Path) -> None:
    written(tmp_path)
    query = LogQuery(level=Level.ERROR, window=Window(time.time_ns() - 600 * 10**9))
    for name in ("app.log", "*.log"):
        async with LogReader(str(tmp_path / name)) as reader:
            result = await reader.read(query)
        assert told(result.records) == (["boom"], [])
        assert told(result.remarks) == ([], [LEVELS, TIMES])


@pytest.mark.parametrize("name", ["app.log", "*.log"])
async def test_whoever_follows_is_told_as_well(tmp_path: Path, name: str) -> None:
    path = written(tmp_path)
    async with (
        LogTailer(str(tmp_path / name)) as tailer,
        aclosing(tailer.follow(LogQuery(level=Level.ERROR))) as batches,
    ):
        async with asyncio.timeout(60):
            first = told(await anext(batches))
            assert first == (["boom", "when?"], [LEVELS])
            with path.open("a") as file:
                file.write('{"msg":"who knows"}\n')
            while not (later := told(await anext(batches)))[1]:
                assert later == ([], [])
    assert later == ([], ["1 line without a level that can be read was left out"])
