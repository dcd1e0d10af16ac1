"""Several logs in the order of their times, whatever each is written in, by every way there is to ask for them."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.logs import LogQuery, LogReader, LogTailer, Order, is_marker
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import corvo
from tests.diagnostics.kit import until
from tests.integration.corvo_processes import corvo_process

pytestmark = pytest.mark.integration

NAMES = ("node1-one", "node1-two", "node1-three")
COUNT = 30
START = 1_795_514_400


def line(number: int) -> str:
    """Line ``number`` of all, which is of another log and in another dialect than the next one."""
    seconds = START + number * 0.25
    time = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    kinds = (
        f'{{"time":"{time}","level":"info","message":"n={number}"}}',
        f'{{"level":30,"time":{int(seconds * 1000)},"pid":1,"hostname":"h","msg":"n={number}"}}',
        f"{time} stderr F level=info msg=n={number}",
    )
    return kinds[number % 3]


def write(folder: Path, first: int, last: int) -> None:
    for number in range(first, last):
        with (folder / f"{NAMES[number % 3]}.log").open("a") as file:
            file.write(line(number) + "\n")


def number_of(record: dict[str, str]) -> int:
    return int((record.get("msg") or record["message"]).removeprefix("n="))


@pytest_asyncio.fixture
async def gateway(etcd: EmbeddedEtcd, tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that knows three modules, whose agents have a log each."""
    write(tmp_path, 0, COUNT)
    async with AsyncExitStack() as stack:
        modules = await stack.enter_async_context(
            ModuleStore(EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)))
        )
        for name in NAMES:
            path = str(tmp_path / f"{name}.log")
            service = DiagnosticsService.with_defaults(name.partition("-")[2], "node1", log_file=path)
            await stack.enter_async_context(service)
            server = await stack.enter_async_context(DiagnosticsServer([service]))
            await modules.create(Module(ObjectMeta(name=name)))
            await modules.kv.put(endpoint_key(name), encode_endpoint(Endpoint(server.address)))
        store = await stack.enter_async_context(EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)))
        gateway = await stack.enter_async_context(Gateway(store, GatewaySettings(listen="127.0.0.1:0")))
        await until(lambda: all(gateway.endpoints.get(name) and gateway.cache.get(name) for name in NAMES))
        yield gateway


def place(where: str, gateway: Gateway, etcd: EmbeddedEtcd) -> tuple[str, str]:
    return ("--gateway", gateway.url) if where == "gateway" else ("--etcd", etcd.endpoint)


@pytest.mark.parametrize("where", ["gateway", "etcd"])
async def test_the_command_line(gateway: Gateway, etcd: EmbeddedEtcd, where: str) -> None:
    for order, expected in (("asc", range(COUNT)), ("desc", range(COUNT - 1, -1, -1))):
        asked = ("logs", *NAMES, "-o", "json", "--order", order, *place(where, gateway, etcd))
        outcome = await corvo(*asked)
        records = [json.loads(each) for each in outcome.out.splitlines()]
        assert [number_of(record) for record in records] == list(expected)
        assert [record["corvo.module"] for record in records] == [NAMES[number % 3] for number in expected]


async def test_followed(gateway: Gateway, tmp_path: Path) -> None:
    asked = ("logs", *NAMES, "-f", "-o", "json", "--window", "2s", "--gateway", gateway.url)
    async with corvo_process(*asked) as process:
        assert process.stdout is not None
        first = [number_of(json.loads(await process.stdout.readline())) for _ in range(COUNT)]
        write(tmp_path, COUNT, 2 * COUNT)
        found = [number_of(json.loads(await process.stdout.readline())) for _ in range(COUNT)]
        process.send_signal(signal.SIGINT)
        _, said = await process.communicate()
    # It says so where an agent's answer was late, as on a machine that stood still.
    assert first == list(range(COUNT)) or (sorted(first) == list(range(COUNT)) and b"s late stand where" in said)
    # Which of the agents sees its lines when is not for a test to say; each of them keeps its order.
    assert sorted(found) == list(range(COUNT, 2 * COUNT))
    for index in range(3):
        assert [number for number in found if number % 3 == index] == list(range(COUNT + index, 2 * COUNT, 3))


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_rest(gateway: Gateway, order: str) -> None:
    url = f"{gateway.url}/configs/diagnostics/v1/Debug?merge=time"
    body = {"query": "Log", "parameters": {"order": order}}
    async with ClientSession() as session, session.post(url, json=body) as response:
        *lines, summary = [json.loads(each) for each in (await response.text()).splitlines()]
    assert summary["summary"]["ok"] == 3
    expected = range(COUNT) if order == "asc" else range(COUNT - 1, -1, -1)
    assert [(each["module"], number_of(each["log"])) for each in lines] == [(NAMES[n % 3], n) for n in expected]


async def test_one_agent_with_many_files(tmp_path: Path) -> None:
    write(tmp_path, 0, COUNT)
    pattern = str(tmp_path / "*.log")
    async with LogReader(pattern) as reader:
        for order, expected in ((Order.ASCENDING, range(COUNT)), (Order.DESCENDING, range(COUNT - 1, -1, -1))):
            result = await reader.read(LogQuery(order=order))
            assert [number_of(record) for record in result.records] == list(expected)
    async with LogTailer(pattern) as tailer, aclosing(tailer.follow()) as batches, asyncio.timeout(60):
        found: list[int] = []
        async for batch in batches:
            found += [number_of(record) for record in batch if not is_marker(record)]
            if len(found) == COUNT:
                break
    assert found == list(range(COUNT))
