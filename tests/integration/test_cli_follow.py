"""Logs that are followed while what they come through is killed, as people do it: processes, pipes, Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.controls.store import ControlStore
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.names import key_of
from corvo_agent.modules.watching.watch import Watch
from tests.integration.corvo_processes import CORVO, AgentProcess, agent_process, corvo_process, gateway_process
from tests.kept_ports import kept_ports

pytestmark = pytest.mark.integration

LINES = 300


class Service:
    """A service without a life: its log, and the agent beside it."""

    def __init__(self, node: str, folder: Path, etcd: EmbeddedEtcd) -> None:
        self.name = f"{node}-pen-npm"
        self.log = folder / f"{node}.log"
        told = {"MODULE": "pen-npm", "NODE": node, "LOG_FILE": str(self.log), "ETCD": etcd.endpoint}
        self._settings = {**os.environ, **{f"CORVO_{name}": value for name, value in told.items()}}
        self.log.touch()
        self._written = 0

    def write(self, count: int) -> None:
        """So many lines more; each has its number."""
        numbers = range(self._written, self._written + count)
        with self.log.open("a") as file:
            file.writelines(
                f'{{"level":"info","ts":"2026-11-23T04:02:{number // 1000:02}.{number % 1000:03}Z","msg":"{number}"}}\n'
                for number in numbers
            )
        self._written += count

    @asynccontextmanager
    async def agent(self, listen: str = "127.0.0.1:0") -> AsyncIterator[AgentProcess]:
        async with agent_process(self._settings, "--listen", listen) as agent:
            yield agent


class Followed:
    """The messages that ``corvo logs -o json`` prints, by module."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.messages: dict[str, list[str]] = {}

    async def read(self, name: str, message: str) -> None:
        """Read on until the module ``name`` has said ``message``."""
        assert self.process.stdout is not None
        while message not in self.messages.get(name, ()):
            line = await self.process.stdout.readline()
            assert line, "it ended"
            record = orjson.loads(line)
            self.messages.setdefault(record.get("corvo.module", name), []).append(record["msg"])

    async def interrupt(self) -> tuple[int | None, bytes]:
        """Ctrl-C: the exit code, and what was said on stderr."""
        self.process.send_signal(signal.SIGINT)
        _, said = await self.process.communicate()
        return self.process.returncode, said


async def announced(etcd: EmbeddedEtcd, name: str) -> None:
    """Wait until the Module ``name`` is there."""
    async with (
        EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)) as store,
        Watch(store, key_of(name), exact=True) as watch,
    ):
        async for batch in watch:
            if batch.changes:
                return


@pytest_asyncio.fixture
async def service(etcd: EmbeddedEtcd, tmp_path: Path) -> AsyncIterator[Service]:
    service = Service("node1", tmp_path, etcd)
    service.write(LINES)
    async with service.agent():
        await announced(etcd, service.name)
        yield service


ALL = [str(number) for number in range(5 * LINES)]


async def test_no_line_is_lost_or_told_twice_when_the_gateway_is_killed(etcd: EmbeddedEtcd, service: Service) -> None:
    ask = ("logs", service.name, "-f", "-n", "100000", "-o", "json")
    async with AsyncExitStack() as stack:
        (port,) = stack.enter_context(kept_ports(1))
        listen = f"127.0.0.1:{port}"
        async with gateway_process(etcd.endpoint, listen) as (_, url):
            followed = Followed(await stack.enter_async_context(corvo_process(*ask, "--gateway", url)))
            await followed.read(service.name, str(LINES - 1))
            service.write(LINES)
        service.write(LINES)
        async with gateway_process(etcd.endpoint, listen):
            await followed.read(service.name, str(3 * LINES - 1))
            service.write(LINES)
        service.write(LINES)
        async with gateway_process(etcd.endpoint, listen):
            await followed.read(service.name, ALL[-1])
            assert followed.messages == {service.name: ALL}
            code, said = await followed.interrupt()
    assert code == 130
    assert service.name.encode() in said


async def test_no_line_is_lost_or_told_twice_when_the_agent_is_killed(etcd: EmbeddedEtcd, tmp_path: Path) -> None:
    service = Service("node1", tmp_path, etcd)
    service.write(LINES)
    async with gateway_process(etcd.endpoint) as (_, url), AsyncExitStack() as stack:
        async with service.agent() as agent:
            await announced(etcd, service.name)
            ask = ("logs", "--field-selector", "status.module=pen-npm", "-f", "-n", "100000", "-o", "json")
            followed = Followed(await stack.enter_async_context(corvo_process(*ask, "--gateway", url)))
            await followed.read(service.name, str(LINES - 1))
            service.write(2 * LINES)
            agent.process.kill()
            await agent.process.wait()
        service.write(2 * LINES)
        async with service.agent():
            await followed.read(service.name, ALL[-1])
            assert followed.messages == {service.name: ALL}
            assert (await followed.interrupt())[0] == 130


async def test_modules_that_appear_later_join_in_the_order_of_time(
    etcd: EmbeddedEtcd, service: Service, tmp_path: Path
) -> None:
    ask = ("logs", "--field-selector", "status.module=pen-npm", "-f", "-o", "json")
    async with gateway_process(etcd.endpoint) as (_, url), corvo_process(*ask, "--gateway", url) as process:
        followed = Followed(process)
        await followed.read(service.name, str(LINES - 1))
        other = Service("node2", tmp_path, etcd)
        other.write(3)
        async with other.agent():
            await followed.read(other.name, "2")
            assert followed.messages[other.name] == ["0", "1", "2"]
        code, said = await followed.interrupt()
    assert code == 130
    assert b"Traceback" not in said


async def test_whoever_reads_may_stop_reading_while_it_follows(etcd: EmbeddedEtcd, service: Service) -> None:
    ask = f"logs --field-selector status.module=pen-npm -f -n 5 --etcd {etcd.endpoint}"
    command = f"{' '.join(CORVO)} {ask} | head -n 2; echo ${{PIPESTATUS[0]}}"
    process = await asyncio.create_subprocess_exec("bash", "-c", command, stdout=PIPE, stderr=PIPE)
    writing = asyncio.create_task(keep_writing(service))
    try:
        out, said = await process.communicate()
    finally:
        writing.cancel()
    *shown, code = (line.split()[-1] for line in out.decode().splitlines())
    assert (len(shown), int(shown[0]) + 1, code) == (2, int(shown[1]), "0")
    assert said == b""


async def keep_writing(service: Service) -> None:
    """Lines until it is cancelled: a pipe that nobody reads shows itself at the next line."""
    while True:
        service.write(1)
        await asyncio.sleep(0)


@pytest.mark.parametrize("end", ["Ctrl-C", "closed pipe", "kill -9"])
async def test_a_level_holds_while_its_log_is_watched(etcd: EmbeddedEtcd, service: Service, end: str) -> None:
    """It ends with the command, however that ends; after kill -9 it is an override that nothing renews."""
    held = ("logs", service.name, "-f", "-n", "1", "--set-level", "Debug", "-o", "json", "--etcd", etcd.endpoint)
    reader, writer = os.pipe()
    async with EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)) as store, AsyncExitStack() as stack:
        process = await asyncio.create_subprocess_exec(*CORVO, *held, stdout=writer, stderr=PIPE)
        os.close(writer)
        stack.callback(lambda: process.kill() if process.returncode is None else None)
        with os.fdopen(reader, "rb", buffering=0) as shown:
            assert await asyncio.to_thread(shown.readline) != b""
            controls = await ControlStore(store).list(service.name)
            assert [(control.level, 0 < control.until - time.time_ns() < 120 * 10**9) for control in controls] == [
                ("Debug", True)
            ]
            if end != "closed pipe":
                process.send_signal(signal.SIGINT if end == "Ctrl-C" else signal.SIGKILL)
                await process.wait()
        while process.returncode is None:
            # It notices when it has something to show.
            service.write(1)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 0.2)
        _, said = await process.communicate()
        assert process.returncode == {"Ctrl-C": 130, "closed pipe": 0, "kill -9": -signal.SIGKILL}[end]
        assert (b"Debug ended in" in said) == (end != "kill -9")
        # Nobody takes it away then, and nobody has to: its end is written in it.
        assert len(await ControlStore(store).list(service.name)) == (1 if end == "kill -9" else 0)
