"""``corvo agent``: from its settings to its last signal, in this process, with real signals."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.agent.settings import AGENT, AgentSettings
from corvo_agent.cli.commands.run.agent import _serve, _Settings
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.tls import client_ssl
from corvo_agent.errors import RemoteError, Unavailable
from corvo_agent.settings.etcd import EtcdSettings
from corvo_agent.settings.own_log import OwnLogSettings
from corvo_agent.survival.settings import SurvivalSettings
from tests.certificates import Authority
from tests.cli.kit import run_here

Load = Callable[[], _Settings]

# What an agent that waits for changes, and is asked for its log and its statistics, has no use for: each of these is
# memory of every agent of every node. re2, psutil and aiohttp it has, and ctypes (0.3 MiB) to choose its slices by.
UNUSED = (
    *("aiohttp.web", "chardet", "charset_normalizer", "jsonschema", "jwt", "prometheus_client", "requests"),
    *("rich", "urllib3", "yaml"),
    *(f"corvo_agent.{name}" for name in ("access.audit_file", "bundle", "console", "diagnostics.client", "gateway")),
    *(f"corvo_agent.{name}" for name in ("hub", "logs.errors", "logs.tail", "overview", "profiles.kinds")),
    *(f"corvo_agent.{name}" for name in ("profiles.pprof", "profiles.recording", "profiles.sampling", "rest_client")),
    *(f"corvo_agent.{name}" for name in ("sidecar.answers", "sidecar.hooks", "sidecar.processes", "stub", "writer")),
)


class OwnLog(logging.Handler):
    """What the agent logs of itself."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[logging.LogRecord] = []
        self._moved = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record)
        self._moved.set()

    async def wait(self, text: str) -> logging.LogRecord:
        """The first line with ``text`` in it that nobody has waited for yet; it and those before are forgotten."""
        while True:
            for index, record in enumerate(self.lines):
                if text in record.getMessage():
                    del self.lines[: index + 1]
                    return record
            self._moved.clear()
            await self._moved.wait()


@pytest.fixture
def own_log() -> Iterator[OwnLog]:
    # The program sets the root up as it is configured.
    log, logger, root = OwnLog(), logging.getLogger("corvo_agent"), logging.getLogger()
    before, handlers, level = logger.level, list(root.handlers), root.level
    logger.addHandler(log)
    logger.setLevel(logging.INFO)
    yield log
    logger.setLevel(before)
    logger.removeHandler(log)
    root.handlers[:] = handlers
    root.setLevel(level)


@asynccontextmanager
async def agent(load: Load) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(_serve(load(), load))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


def file_settings(path: Path) -> Load:
    return lambda: _Settings.of(AGENT.gather({}, {}, str(path)))


def settings_of(**given: Any) -> _Settings:
    return _Settings(AgentSettings(**given), EtcdSettings(), OwnLogSettings(), SurvivalSettings())


def address_in(record: logging.LogRecord) -> str:
    return str(record.address)  # type: ignore[attr-defined]


async def test_it_answers_until_a_signal_ends_it(own_log: OwnLog, log_file: Path) -> None:
    settings = settings_of(module="pen-npm", node="node1", log_file=str(log_file))
    async with agent(lambda: settings) as task:
        address = address_in(await own_log.wait("node1-pen-npm answers at"))
        async with DiagnosticsClient(address) as client:
            assert [record["msg"] for record in await client.logs(lines=1)] == ["lost"]
        os.kill(os.getpid(), signal.SIGTERM)
        await task
        with pytest.raises(Unavailable):
            async with DiagnosticsClient(address) as client:
                await client.stats("cmdline")


async def test_sighup_takes_the_new_settings(own_log: OwnLog, log_file: Path, tmp_path: Path) -> None:
    settings = tmp_path / "agent.toml"
    settings.write_text(f'module = "pen-npm"\nlog-file = "{log_file}"\nmax-lines = 10')
    async with agent(file_settings(settings)) as task:
        await own_log.wait("answers at")
        settings.write_text(f'module = "pen-npm"\nnode = "node7"\nlog-file = "{log_file}"\nmax-lines = 20')
        os.kill(os.getpid(), signal.SIGHUP)
        await own_log.wait("going on with the new configuration")
        address = address_in(await own_log.wait("node7-pen-npm answers at"))
        async with DiagnosticsClient(address) as client:
            assert len(await client.logs(lines=20, level="all")) == 3
        os.kill(os.getpid(), signal.SIGINT)
        await task


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('module = "m"\nlisten = "127.0.0.1:0"', "the configuration is the same"),
        ('modul = "m"', "the configuration stays as it was: .*modul: unknown key; valid: module"),
        ('module = "m"\nmax-lines = "many"', "the configuration stays as it was: .*max-lines: must be a whole number"),
        ('module = "m"\ntls-cert = "none"\ntls-key = "none"', "the configuration stays as it was: certificate"),
        ("module =", "the configuration stays as it was: config: not TOML"),
    ],
)
async def test_sighup_with_a_wrong_file_changes_nothing(
    own_log: OwnLog, tmp_path: Path, content: str, words: str
) -> None:
    settings = tmp_path / "agent.toml"
    settings.write_text('module = "m"')
    async with agent(file_settings(settings)):
        address = address_in(await own_log.wait("answers at"))
        settings.write_text(content)
        os.kill(os.getpid(), signal.SIGHUP)
        line = (await own_log.wait("the configuration")).getMessage()
        assert re.search(words, line)
        async with DiagnosticsClient(address) as client:
            assert await client.stats("cmdline")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('listen = "127.0.0.1:{taken}"', "another process listens"),
        ('listen = "0.0.0.0:0"', "other machines can reach it: it needs TLS"),
        ('listen = "nowhere.invalid:0"', "its name is not resolved"),
        ('listen = "192.0.2.1:0"\ninsecure = true', "is unavailable"),
        ('listen = "unix:{folder}/none/s"', "No such file or directory"),
        ('etcd = "https://127.0.0.1:1"\netcd-ca = "{garbage}"', "etcd"),
    ],
)
async def test_sighup_with_settings_that_only_fail_in_use_leaves_the_agent_untouched(
    own_log: OwnLog, tmp_path: Path, settings: str, words: str
) -> None:
    file, garbage = tmp_path / "agent.toml", tmp_path / "ca.pem"
    garbage.write_text("no certificate")
    file.write_text('module = "m"')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with agent(file_settings(file)), asyncio.timeout(60):
            address = address_in(await own_log.wait("answers at"))
            async with DiagnosticsClient(address) as client:
                # The connection stays, too: nothing of the agent was stopped.
                assert await client.stats("cmdline")
                given = settings.format(taken=taken.getsockname()[1], folder=tmp_path, garbage=garbage)
                file.write_text(f'module = "m"\n{given}')
                os.kill(os.getpid(), signal.SIGHUP)
                line = (await own_log.wait("the configuration stays as it was")).getMessage()
                assert words in line
                assert client.connected
                assert await client.stats("cmdline")
            assert not [each for each in own_log.lines if "answers at" in each.getMessage()]


async def test_sighup_with_the_same_settings_reads_the_certificates(own_log: OwnLog, tmp_path: Path) -> None:
    first, second, settings = Authority(tmp_path, "first"), Authority(tmp_path, "second"), tmp_path / "agent.toml"
    own, new = first.issue("127.0.0.1"), second.issue("127.0.0.1")
    settings.write_text(f'module = "m"\ntls-cert = "{own.cert}"\ntls-key = "{own.key}"')

    async def answers(address: str, authority: Authority) -> None:
        async with DiagnosticsClient(address, ssl=client_ssl(authority.path)) as client:
            assert await client.stats("cmdline")

    async with agent(file_settings(settings)), asyncio.timeout(60):
        address = address_in(await own_log.wait("answers at"))
        await answers(address, first)
        os.replace(new.cert, own.cert)
        os.replace(new.key, own.key)
        os.kill(os.getpid(), signal.SIGHUP)
        await own_log.wait("certificates and passwords were read again")
        await answers(address, second)
        own.cert.write_text("half a certificate")
        os.kill(os.getpid(), signal.SIGHUP)
        await own_log.wait("the configuration stays as it was: certificate and key")
        await answers(address, second)


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "unix:{folder}/s"])
async def test_sighup_keeps_the_address_that_stays(own_log: OwnLog, tmp_path: Path, listen: str) -> None:
    settings = tmp_path / "agent.toml"
    common = f'module = "m"\nnode = "n"\nlisten = "{listen.format(folder=tmp_path)}"\n'
    settings.write_text(common)
    async with agent(file_settings(settings)) as task:
        address = address_in(await own_log.wait("answers at"))
        for number in range(2):
            settings.write_text(f"{common}max-lines = {5 + number}")
            os.kill(os.getpid(), signal.SIGHUP)
            assert address_in(await own_log.wait("n-m answers at")) == address
            async with DiagnosticsClient(address) as client:
                with pytest.raises(RemoteError, match=f"from 0 to {5 + number}"):
                    await client.logs(lines=7)
        os.kill(os.getpid(), signal.SIGTERM)
        await task
    assert not (tmp_path / "s").exists()


async def test_settings_that_fail_at_the_start_are_the_end(own_log: OwnLog) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = settings_of(module="m", listen=f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Unavailable, match="another process listens"):
            await _serve(settings, lambda: settings)


def test_a_file_may_hold_what_other_commands_take(tmp_path: Path) -> None:
    file = tmp_path / "corvo.toml"
    file.write_text('node = "n"\naddress = "127.0.0.1:1"\ngrpc-listen = "127.0.0.1:2"')
    outcome = run_here("agent", "--config", str(file))
    assert (outcome.code, "module: is missing" in outcome.err) == (2, True)
    file.write_text('modul = "n"\naddress = "127.0.0.1:1"')
    assert "modul: unknown key; valid: module" in run_here("agent", "--config", str(file)).err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", "module: is missing"),
        ("--module m --max-lines many", "--max-lines: must be a whole number"),
        ("--module m --config /nowhere/agent.toml", "config: No such file or directory"),
        ("--module m --default-level loud", "default-level: unknown level"),
        ("--module m --stop-timeout soon", "--stop-timeout: not a duration"),
    ],
)
def test_wrong_settings_are_wrong_usage(arguments: str, words: str) -> None:
    outcome = run_here("agent", *arguments.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err


def test_help_shows_every_setting_with_its_variable_and_default() -> None:
    shown = " ".join(run_here("agent", "--help-all").out.split())
    for words in ("--log-file FILE", "(CORVO_LOG_FILE)", "[default: 127.0.0.1:0]", "--insecure", "CORVO_CONFIG"):
        assert words in shown


async def test_an_agent_imports_nothing_that_only_others_need(tmp_path: Path) -> None:
    log = tmp_path / "m.log"
    log.write_text('{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"hello"}\n' * 400)
    command = (sys.executable, "-X", "importtime", "-m", "corvo_agent", "agent", "--module", "m", "--node", "n")
    settings = {name: value for name, value in os.environ.items() if not name.startswith("CORVO_")}
    # Nothing answers there: what it takes to ask is imported all the same.
    more = ("--log-file", str(log), "--etcd", "http://127.0.0.1:1", "--listen", f"unix:{tmp_path}/a.sock")
    process = await asyncio.create_subprocess_exec(*command, *more, stdout=DEVNULL, stderr=PIPE, env=settings)
    try:
        told = await _told(process, "answers at")
        async with DiagnosticsClient(f"unix:{tmp_path}/a.sock") as client:
            assert len(await client.logs(lines=300)) == 300
            await client.stats()
        if not any(line.endswith(" corvo_agent.modules.etcd.store") for line in told):
            told += await _told(process, " corvo_agent.modules.etcd.store")
        process.terminate()
        assert process.stderr is not None
        told += (await process.stderr.read()).decode().splitlines()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    imported = {line.rpartition("|")[2].strip() for line in told if line.startswith("import time:")}
    assert {"etcd3", "grpclib.server", "corvo_agent.logs.search.reader"} <= imported
    assert [name for name in UNUSED if name in imported] == []


async def _told(process: asyncio.subprocess.Process, text: str) -> list[str]:
    """The lines of its error output up to the one with ``text`` in it."""
    assert process.stderr is not None
    lines: list[str] = []
    while not lines or text not in lines[-1]:
        line = await process.stderr.readline()
        assert line, f"it ended without {text}"
        lines.append(line.decode().rstrip())
    return lines
