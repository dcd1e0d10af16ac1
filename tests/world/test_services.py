"""Every kind of service becomes a Module, by a line or by none: levels reach it all, and leave it as it was."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.announcing.workers import Process, find_workers
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.store import ModuleStore
from corvo_agent.profiles.pprof.reader import decode
from tests.stub.kit import hub_pid, runtime_folder
from tests.world.machine import needs
from tests.world.services import KINDS, LINE, Kind

NAME = "node1-shop"
#: Seconds that anything may take on a busy machine.
PATIENCE = 90.0
_LOOK = 0.1
_BIN = Path(sys.executable).parent
_ASK = "from app import level; print(level.delay().get(timeout=60))"


@dataclass(slots=True)
class Running:
    """A service that runs."""

    kind: Kind
    folder: Path
    port: int
    process: asyncio.subprocess.Process
    environment: dict[str, str]
    store: ModuleStore

    async def levels(self) -> list[int]:
        """What one of its processes says: its number, the levels of the root, of its own and of a quiet logger."""
        if not self.kind.tasks:
            return list(json.loads(await asyncio.to_thread(self._get)))
        asking = await asyncio.create_subprocess_exec(
            *(str(_BIN / "python"), "-c", _ASK),
            cwd=self.folder,
            env={**self.environment, "CORVO_RUN": ""},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return list(json.loads((await asking.communicate())[0].splitlines()[-1]))

    async def workers(self) -> list[Process]:
        """Those that are announced."""
        return [each for each in await find_workers(self.store.kv, NAME) if each.inside]

    async def all_at(self, level: str, count: int) -> bool:
        """Whether so many are announced, and all of them have ``level``."""
        return [each.level.level for each in await self.workers() if each.level is not None] == [level] * count

    def _get(self) -> str:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=PATIENCE) as answer:
                    return str(answer.read().decode())
            except urllib.error.URLError as error:
                # A worker may be announced before its server listens.
                if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > end:
                    raise
                time.sleep(_LOOK)


async def becomes(true: Callable[[], Awaitable[object]]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(PATIENCE):
        looked = asyncio.Event()
        while not await true():
            asyncio.get_running_loop().call_later(_LOOK, looked.set)
            await looked.wait()
            looked.clear()


@asynccontextmanager
async def service(kind: Kind, etcd: EmbeddedEtcd, *, by_start: bool, options: str = "") -> AsyncIterator[Running]:
    """The service, until SIGTERM has ended it, and its hub with it."""
    with runtime_folder() as folder:
        (folder / "queue").mkdir()
        (folder / "done").mkdir()
        (folder / "results").mkdir()
        (folder / "app.py").write_text((LINE if by_start else "") + kind.application)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = f"{kind.command} {options}".format(port=port, bin=_BIN).split()
        told = ["--module", "shop", "--node", "node1", "--etcd", etcd.endpoint]
        path = os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", "")))
        environment = {**os.environ, "CORVO_RUNTIME_DIR": str(folder), "PYTHONPATH": path.rstrip(os.pathsep)}
        if by_start:
            environment |= {"CORVO_ETCD": etcd.endpoint, "CORVO_LOG_FILE": str(folder / "shop.log")}
        else:
            command = [sys.executable, "-m", "corvo_agent", "run", *told, "--", *command]
        with (folder / "output").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            async with EtcdStore(EtcdOptions((etcd.endpoint,))) as kv:
                yield Running(kind, folder, port, process, environment, ModuleStore.of(kv))
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                # uvicorn ends by the signal itself, after it has shut down; a script that does not handle it as well.
                assert await process.wait() in (0, -signal.SIGTERM)

            async def hub_is_gone() -> bool:
                return not await asyncio.to_thread(hub_pid, folder / f"1-{NAME}.sock")

            await becomes(hub_is_gone)
        except BaseException:
            sys.stderr.write((folder / "output").read_text(errors="replace")[-4000:])
            raise
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def ways() -> list[object]:
    """Each kind, by ``start`` and by ``corvo run``, as far as it can be."""
    return [
        pytest.param(kind, by_start, id=f"{kind.name}-{'start' if by_start else 'run'}", marks=needs(kind.needs))
        for kind in KINDS
        for by_start in (True, False)
        if (kind.by_start if by_start else kind.by_run)
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("kind", "by_start"), ways())
async def test_a_service_becomes_a_module(kind: Kind, by_start: bool, etcd: EmbeddedEtcd) -> None:
    count = kind.by_start if by_start else kind.by_run
    async with service(kind, etcd, by_start=by_start) as running:
        await becomes(lambda: running.all_at("as-configured", count))
        before = (await running.levels())[1:]
        assert before == [20, 20, 40]

        await running.store.set_level(NAME, "Debug")
        await becomes(lambda: running.all_at("Debug", count))
        for _ in range(4):
            # All but the logger that its owner wanted quiet.
            assert (await running.levels())[1:] == [10, 10, 40]

        # Whoever asked imports the application as well, and is a worker until it has ended.
        await becomes(lambda: running.all_at("Debug", count))
        workers = await running.workers()
        async with DiagnosticsClient(workers[0].endpoint.address) as client:
            told = (await client.stats(timeout=60))["workers"]
            assert {worker["pid"] for worker in told.values()} == {each.worker.pid for each in workers}
            assert all("memstats" in worker for worker in told.values()), told
            stacks = decode(await client.profile("goroutine", timeout=60))
            labels = {label.value for sample in stacks.samples for label in sample.labels if label.key == "worker"}
            assert labels == {each.worker.id for each in workers}

        await running.store.modify(NAME, lambda module: module.with_spec(log_level=""))
        await becomes(lambda: running.all_at("as-configured", count))
        for _ in range(4):
            assert (await running.levels())[1:] == before
        assert (await running.store.get(NAME)).status.restart_count == 0


@pytest.mark.timeout(600)
@needs("gunicorn")
async def test_workers_that_are_replaced_have_the_level(etcd: EmbeddedEtcd) -> None:
    kind = next(each for each in KINDS if each.name == "gunicorn-preload-flask")
    async with service(kind, etcd, by_start=False, options="--max-requests 5") as running:
        await becomes(lambda: running.all_at("as-configured", 3))
        await running.store.set_level(NAME, "Debug")
        await becomes(lambda: running.all_at("Debug", 3))
        # Forked from a process that has it, they have it from their first request on.
        seen = [await running.levels() for _ in range(40)]
        assert len({pid for pid, *_ in seen}) > 3
        assert {level for _, level, *_ in seen} == {10}
        os.kill(running.process.pid, signal.SIGHUP)
        old = {each.worker.pid for each in await running.workers()} - {running.process.pid}

        async def are_new() -> bool:
            pids = {each.worker.pid for each in await running.workers()}
            return not pids & old and await running.all_at("Debug", 3)

        await becomes(are_new)
        assert {level for _, level, *_ in [await running.levels() for _ in range(8)]} == {10}
        assert (await running.store.get(NAME)).status.restart_count == 0
