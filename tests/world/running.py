"""A service that runs as people run it, until SIGTERM has ended it: what the tests of services ask of each."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.announcing.workers import Process, find_workers
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.store import ModuleStore
from tests.kept_ports import kept_ports
from tests.stub.kit import PATIENCE, becomes, hub_pid, runtime_folder
from tests.world.services import LINE, Kind

NAME = "node1-shop"
# Seconds between two looks at a server that does not listen yet.
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

    @property
    def socket(self) -> Path:
        """Where its hub listens."""
        return self.folder / f"1-{NAME}.sock"

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

    async def all_at(self, level: str, count: int, *, without: Iterable[int] = ()) -> bool:
        """Whether so many are announced, all of them have ``level``, and none is one of the processes ``without``."""
        workers = await self.workers()
        levels = [each.level.level for each in workers if each.level is not None]
        return levels == [level] * count and not {each.worker.pid for each in workers} & {*without}

    async def all_told(self, client: DiagnosticsClient, count: int) -> bool:
        """Whether the hub tells ``client`` of all that are announced, so many, and each of them has answered it."""
        told = (await client.stats(timeout=60))["workers"].values()
        announced = {each.worker.pid for each in await self.workers()}
        same = {worker["pid"] for worker in told} == announced and len(announced) == count
        return same and all("memstats" in worker for worker in told)

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


@asynccontextmanager
async def service(
    kind: Kind, etcd: EmbeddedEtcd, *, by_start: bool, options: str = "", environment: Mapping[str, str] | None = None
) -> AsyncIterator[Running]:
    """The service, until SIGTERM has ended it, and its hub with it; ``environment`` is added to the test's own."""
    with runtime_folder() as folder, kept_ports(1) as (port,):
        (folder / "queue").mkdir()
        (folder / "done").mkdir()
        (folder / "results").mkdir()
        (folder / "app.py").write_text(kind.first + (LINE if by_start else "") + kind.application)
        command = f"{kind.command} {options}".format(port=port, bin=_BIN).split()
        told = ["--module", "shop", "--node", "node1", "--etcd", etcd.endpoint]
        path = os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", "")))
        told_all = {"CORVO_RUNTIME_DIR": str(folder), "PYTHONPATH": path.rstrip(os.pathsep)}
        whole = {**os.environ, **told_all, **(environment or {})}
        if by_start:
            whole |= {"CORVO_ETCD": etcd.endpoint, "CORVO_LOG_FILE": str(folder / "shop.log")}
        else:
            command = [sys.executable, "-m", "corvo_agent", "run", *told, "--", *command]
        with (folder / "output").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env=whole,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            async with EtcdStore(EtcdOptions((etcd.endpoint,))) as kv:
                running = Running(kind, folder, port, process, whole, ModuleStore.of(kv))
                yield running
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                # uvicorn ends by the signal itself, after it has shut down; a script that does not handle it as well.
                assert await process.wait() in (0, -signal.SIGTERM)

            async def hub_is_gone() -> bool:
                return not await asyncio.to_thread(hub_pid, running.socket)

            await becomes(hub_is_gone)
        except BaseException:
            sys.stderr.write((folder / "output").read_text(errors="replace")[-4000:])
            raise
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
