"""An agent from its configuration: limits, level hooks, and what decides which lines are shown."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.build import build_agent
from corvo_agent.agent.settings import AgentSettings
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import ConfigError, RemoteError
from corvo_agent.modules import Control, ControlStore, Module, ModuleStore
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.model import ModuleStatus
from corvo_agent.profiles.pprof.model import Label
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.settings.etcd import EtcdSettings
from tests.profiles.spawn import load, shares_of, until

LINES = b'{"level":"debug","msg":"detail"}\n{"level":"info","msg":"news"}\n{"level":"error","msg":"trouble"}\n'


@pytest.fixture
def log_file(tmp_path: Path) -> str:
    path = tmp_path / "a.log"
    path.write_bytes(LINES)
    return str(path)


async def messages(agent: Agent, **parameters: str) -> list[str]:
    async with DiagnosticsClient(agent.address) as client:
        return [record["msg"] for record in await client.logs(parameters)]


async def test_limits_are_those_of_the_configuration(log_file: str) -> None:
    async with build_agent(AgentSettings(module="pen-npm", node="node1", log_file=log_file, max_lines=2)) as agent:
        with pytest.raises(RemoteError, match=r"lines: .* from 0 to 2"):
            await messages(agent, lines="3")


async def test_without_a_hook_the_level_decides_which_lines_are_shown(log_file: str) -> None:
    async with build_agent(AgentSettings(module="pen-npm", node="node1", log_file=log_file)) as agent:
        assert await messages(agent) == ["detail", "news", "trouble"], "without a level all are"
    config = AgentSettings(module="pen-npm", node="node1", log_file=log_file, default_level="Info")
    async with build_agent(config) as agent:
        assert await messages(agent) == ["news", "trouble"]
        assert await messages(agent, level="all") == ["detail", "news", "trouble"]


@pytest.mark.integration
async def test_a_level_hook_gets_the_level_and_tells_how_it_does(
    etcd: EmbeddedEtcd, log_file: str, tmp_path: Path
) -> None:
    target = tmp_path / "level"
    hook = f"file:{target} '{{level}}'"
    config = AgentSettings(
        module="pen-npm",
        node="node1",
        log_file=log_file,
        level_hook=hook,
    )
    async with build_agent(config, EtcdSettings((etcd.endpoint,))) as agent:
        assert await messages(agent) == ["detail", "news", "trouble"]
        async with (
            EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)) as kv,
            DiagnosticsClient(agent.address) as client,
        ):
            assert agent.watcher is not None
            await agent.watcher.wait_for(lambda module: module is not None)
            await ModuleStore(kv).set_level(agent.name, "Error")
            async with asyncio.timeout(60):
                while not (target.exists() and target.read_text().lower() == "error"):
                    await client.stats("level-hooks")
            (told,) = (await client.stats("level-hooks"))["level-hooks"]
    assert "file" in told["name"]


@pytest.mark.integration
async def test_a_sidecar_that_restarts_does_not_touch_a_level_that_holds(
    etcd: EmbeddedEtcd, log_file: str, tmp_path: Path
) -> None:
    written = tmp_path / "written"
    hook = f"exec:/bin/sh -c 'echo $0 >> {written}' {{level}}"
    config = AgentSettings(module="pen-npm", node="node1", log_file=log_file, level_hook=hook)
    async with ModuleStore(EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))) as modules:
        await modules.create(Module().with_meta(name="node1-pen-npm").with_spec(log_level="Debug"))
        for _ in range(2):
            async with (
                build_agent(config, EtcdSettings((etcd.endpoint,))) as agent,
                DiagnosticsClient(agent.address) as client,
            ):
                while (await client.stats("level-hooks"))["level-hooks"][0]["pending"]:
                    pass
    # Nothing was set before the level was known.
    assert written.read_text() == "debug\n" * 2


@pytest.mark.integration
@pytest.mark.parametrize(("controls", "told"), [([Control("Debug", until=1)], "info\n"), ([], "")])
async def test_an_override_that_ended_while_no_sidecar_ran_is_ended_in_the_process(
    controls: list[Control], told: str, etcd: EmbeddedEtcd, log_file: str, tmp_path: Path
) -> None:
    written = tmp_path / "written"
    written.touch()
    hook = f"exec:/bin/sh -c 'echo $0 >> {written}' {{level}}"
    config = AgentSettings(module="pen-npm", node="node1", log_file=log_file, level_hook=hook)
    async with ModuleStore(EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))) as modules:
        await modules.create(Module().with_meta(name="node1-pen-npm"))
        for control in controls:
            await ControlStore(modules.kv).put("node1-pen-npm", control)
        async with (
            build_agent(config, EtcdSettings((etcd.endpoint,))) as agent,
            DiagnosticsClient(agent.address) as client,
        ):
            while (await client.stats("level-hooks"))["level-hooks"][0]["pending"]:
                pass
    assert written.read_text() == told


@pytest.mark.parametrize("hook", ["zap", "nonsense:x", "signal:Debug=NOSUCH"])
def test_a_wrong_hook_is_refused_before_anything_starts(hook: str, log_file: str) -> None:
    with pytest.raises(ConfigError):
        build_agent(AgentSettings(module="pen-npm", log_file=log_file, level_hook=hook))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"match": "("}, "match: not a regular expression"),
        ({"pid": 2**22 + 1}, "pid: there is no such process"),
        ({"go_pprof": "localhost:6060"}, "go-pprof: not the http or https URL of a host"),
        ({"level_hook": "signal:*=USR1"}, "a signal needs to know the target's process"),
    ],
)
def test_a_target_that_can_never_be_found_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build_agent(AgentSettings(module="pen-npm", **settings))


def by_number(process: subprocess.Popen[bytes], mark: str, folder: Path) -> dict[str, Any]:
    return {"pid": process.pid}


def by_file(process: subprocess.Popen[bytes], mark: str, folder: Path) -> dict[str, Any]:
    (folder / "pid").write_text(str(process.pid))
    return {"pid_file": str(folder / "pid")}


def by_command_line(process: subprocess.Popen[bytes], mark: str, folder: Path) -> dict[str, Any]:
    return {"match": mark}


@pytest.mark.parametrize("told", [by_number, by_file, by_command_line])
async def test_a_process_that_is_told_is_what_it_answers_about(
    told: Callable[[subprocess.Popen[bytes], str, Path], dict[str, Any]], tmp_path: Path
) -> None:
    mark = f"corvo-build-{os.getpid()}"
    with load("shares", "1", mark) as process:
        config = AgentSettings(module="pen-npm", node="node1", **told(process, mark, tmp_path))
        async with build_agent(config) as agent, DiagnosticsClient(agent.address) as client:
            while (await client.stats("process"))["process"]["pid"] == 0:
                pass
            facts = await client.stats()
            assert facts["runtime"]["Pid"] == facts["process"]["pid"] == process.pid
            assert {"cpustats", "memstats", "threads", "io", "limits", "cgroup", "agent"} <= facts.keys()
            assert facts["cmdline"][-1] == mark
            assert shares_of(decode(await client.profile("profile", 0.5)), ["shares"]) == {"shares": 100}
            threads = decode(await client.profile("goroutine"))
            assert any(Label("tid", process.pid) in sample.labels for sample in threads.samples)
            for kind in ("heap", "allocs", "block", "mutex", "threadcreate", "trace"):
                with pytest.raises(RemoteError, match="has to be taken from inside the process"):
                    await client.profile(kind, 0.1)


async def test_a_target_that_restarts_is_found_again_gets_its_level_and_is_counted(
    etcd: EmbeddedEtcd, tmp_path: Path
) -> None:
    mark, level = f"corvo-restart-{os.getpid()}", tmp_path / "level"
    hook = f"file:{level}"
    config = AgentSettings(module="pen-npm", node="node1", match=mark, level_hook=hook, default_level="Info")
    async with (
        build_agent(config, EtcdSettings((etcd.endpoint,))) as agent,
        ModuleStore(EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))) as modules,
    ):
        statuses = status_changes(modules, agent.name)
        # It is a Module before its process is there.
        assert (await anext(statuses)).last_start == 0
        with load("idle", "1", mark) as first:
            status = await anext(statuses)
            assert abs(status.last_start / 1e9 - psutil.Process(first.pid).create_time()) < 2
            assert status.restart_count == 0
            await until(lambda: level.exists() and level.read_text() == "info\n")
            level.unlink()
        with load("idle", "1", mark) as second:
            status = await anext(statuses)
            assert status.restart_count == 1
            assert status.last_restart_reason == f"process {first.pid} has ended, process {second.pid} has begun"
            # What the new process was started without, it is told.
            await until(level.exists)
            async with DiagnosticsClient(agent.address) as client:
                told = (await client.stats("process"))["process"]
        assert (told["pid"], told["restarts-seen"]) == (second.pid, 1)
        await statuses.aclose()


async def status_changes(modules: ModuleStore, name: str) -> AsyncGenerator[ModuleStatus, None]:
    """The status each time that it changes."""
    last = None
    async with modules.watch(name) as watch:
        async for batch in watch:
            if batch.changes and (status := (await modules.get(name)).status) != last:
                last = status
                yield status
