"""The program as people run it: a process of its own, a terminal, a pipe that breaks, Ctrl-C, signals."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from corvo_agent.cli.commands.run.writer import LEADER_PREFIX
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.announcing.endpoint import endpoint_key, find_endpoint
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.names import key_of
from corvo_agent.modules.store import ModuleStore
from corvo_agent.modules.watching.watch import Watch
from tests.integration.corvo_processes import CORVO, AgentProcess, agent_process, corvo_process

pytestmark = pytest.mark.integration

NAME = "node1-pen-npm"


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    path = tmp_path / "pen-npm.log"
    lines = (f'{{"level":"error","ts":"2026-11-23T04:02:06.{n:06}Z","msg":"line {n}"}}\n' for n in range(20_000))
    path.write_text("".join(lines))
    return path


@pytest.fixture
def settings(log_file: Path, etcd: EmbeddedEtcd) -> dict[str, str]:
    """What tells an agent everything: its environment."""
    told = {"MODULE": "pen-npm", "NODE": "node1", "LOG_FILE": str(log_file), "ETCD": etcd.endpoint}
    return {**os.environ, **{f"CORVO_{name}": value for name, value in told.items()}}


@pytest_asyncio.fixture
async def agent(settings: dict[str, str]) -> AsyncIterator[AgentProcess]:
    async with agent_process(settings) as agent:
        yield agent


@pytest_asyncio.fixture
async def modules(etcd: EmbeddedEtcd) -> AsyncIterator[ModuleStore]:
    async with ModuleStore(EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))) as store:
        yield store


async def present(modules: ModuleStore, key: str) -> None:
    """Wait until there is something at ``key``."""
    async with Watch(modules.kv, key, exact=True) as watch:
        async for batch in watch:
            if batch.changes:
                return


async def test_an_agent_announces_itself_and_takes_it_back_at_sigterm(
    agent: AgentProcess, modules: ModuleStore
) -> None:
    await present(modules, endpoint_key(NAME))
    await present(modules, key_of(NAME))
    endpoint = await find_endpoint(modules.kv, NAME)
    assert endpoint is not None
    assert (endpoint.address, endpoint.pid) == (agent.address, agent.process.pid)
    async with DiagnosticsClient(agent.address) as client:
        assert len(await client.logs(lines=5)) == 5
        assert (await client.stats("agent"))["agent"]["name"] == NAME
    agent.process.terminate()
    assert await agent.process.wait() == 0
    assert await find_endpoint(modules.kv, NAME) is None
    assert (await modules.get(NAME)).status.node == "node1"


async def test_the_second_signal_ends_an_agent_on_the_spot(agent: AgentProcess) -> None:
    async with (
        DiagnosticsClient(agent.address) as client,
        aclosing(client.stream("Log", {"lines": "1"})) as batches,
    ):
        # Somebody who follows its log holds up the end, for a while.
        await anext(batches)
        agent.process.send_signal(signal.SIGINT)
        agent.process.send_signal(signal.SIGTERM)
        assert await agent.process.wait() in (128 + signal.SIGINT, 128 + signal.SIGTERM)


async def test_an_agent_without_etcd_answers_all_the_same(settings: dict[str, str]) -> None:
    settings["CORVO_ETCD"] = "http://127.0.0.1:1"
    async with agent_process(settings, "--own-log-level", "info") as agent, DiagnosticsClient(agent.address) as client:
        assert (await client.stats("agent"))["agent"]["endpoint"] == "pending"
        agent.process.terminate()
        assert await agent.process.wait() == 0


async def test_a_variable_that_is_mistyped_is_named(settings: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(*CORVO, "agent", "--own-log-format", "text"),
        env={**settings, "CORVO_LOGFILE": "x", "CORVO_ETCD": "http://127.0.0.1:1"},
        stderr=PIPE,
    )
    assert process.stderr is not None
    line = await process.stderr.readline()
    process.terminate()
    await process.communicate()
    assert b"CORVO_LOGFILE means nothing: CORVO_LOG_FILE?" in line


def corvo(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CORVO, *arguments], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


async def test_whoever_reads_may_stop_reading(agent: AgentProcess) -> None:
    command = f"{' '.join(CORVO)} logs {NAME} -n 20000 --address {agent.address} | head -n 2; echo ${{PIPESTATUS[0]}}"
    done = await asyncio.to_thread(subprocess.run, ["bash", "-c", command], capture_output=True, text=True, check=True)
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["0", "1", "0"]
    assert done.stderr == ""


async def test_ctrl_c_ends_following_quietly(agent: AgentProcess) -> None:
    process = await asyncio.create_subprocess_exec(
        *(*CORVO, "logs", NAME, "-f", "-n", "1", "--address", agent.address), stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    assert b"line 19999" in await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, said = await process.communicate()
    assert (process.returncode, rest, said.strip()) == (130, b"", b"")


def shown_on_a_terminal(*arguments: str) -> str:
    """What a terminal gets from the program."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen([*CORVO, *arguments], stdout=theirs, stderr=theirs, stdin=theirs) as process:
            os.close(theirs)
            shown = b"".join(_pieces(ours))
            assert process.wait() == 0
    finally:
        os.close(ours)
    return shown.decode()


def _pieces(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other end is closed
            return
        if not piece:
            return
        yield piece


async def test_a_terminal_sees_colours_and_a_pipe_does_not(agent: AgentProcess) -> None:
    ask = ("logs", NAME, "-n", "1", "--address", agent.address)
    shown = await asyncio.to_thread(shown_on_a_terminal, *ask)
    assert "\x1b[31m\x1b[1mERROR\x1b[0m line 19999" in shown
    plain = await asyncio.to_thread(corvo, *ask)
    assert plain.stdout == "2026-11-23T04:02:06.019999Z ERROR line 19999\n"


async def test_a_terminal_sees_a_table_that_fits(agent: AgentProcess) -> None:
    shown = await asyncio.to_thread(shown_on_a_terminal, "stats", NAME, "cpustats", "--address", agent.address)
    assert "VARIABLE" in shown
    assert "cpustats.NumCPUs" in shown
    assert "\t" not in shown


async def test_a_level_is_changed_and_followed_from_the_command_line(
    agent: AgentProcess, etcd: EmbeddedEtcd, modules: ModuleStore
) -> None:
    await present(modules, key_of(NAME))
    changed = await asyncio.to_thread(corvo, "level", NAME, "Error", "--keep", "--etcd", etcd.endpoint)
    assert changed.stdout == f"{NAME}: Error (log-level)\n"
    async with DiagnosticsClient(agent.address) as client:
        while (await client.stats("agent"))["agent"]["level"] != "Error":
            pass
    told = await asyncio.to_thread(corvo, "level", NAME, "--address", agent.address)
    assert told.stdout == changed.stdout


async def test_modules_are_watched_until_ctrl_c(etcd: EmbeddedEtcd, modules: ModuleStore) -> None:
    process = await asyncio.create_subprocess_exec(
        *(*CORVO, "modules", "watch", "-o", "json", "--etcd", etcd.endpoint), stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    created = await modules.create(Module(ObjectMeta(name=NAME)))
    line = orjson.loads(await process.stdout.readline())
    assert (line["type"], line["object"]["meta"]["uuid"]) == ("Created", created.meta.uuid)
    process.send_signal(signal.SIGINT)
    _, said = await process.communicate()
    assert (process.returncode, said.strip()) == (130, b"")


@pytest.mark.parametrize("program", ["gateway", "writer"])
async def test_sighup_ends_neither_a_gateway_nor_a_writer(program: str, etcd: EmbeddedEtcd, tmp_path: Path) -> None:
    password, modules = tmp_path / "password", tmp_path / "modules.toml"
    password.write_text("secret")
    modules.write_text("")
    arguments = ["--etcd", etcd.endpoint, "--etcd-user", "kim", "--etcd-password-file", str(password)]
    arguments += ["--listen", "127.0.0.1:0"] if program == "gateway" else ["--source", f"file:{modules}"]
    async with corvo_process(program, *arguments) as process:
        assert process.stderr is not None
        if program == "gateway":
            assert (await process.stderr.readline()).startswith(b"serving ")
        else:
            async with (
                EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)) as store,
                Watch(store, LEADER_PREFIX) as watch,
            ):
                async for batch in watch:
                    if batch.changes:
                        break
        for _ in range(2):
            process.send_signal(signal.SIGHUP)
            while b"certificates and passwords were read again" not in (line := await process.stderr.readline()):
                assert line, "it ended"
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
