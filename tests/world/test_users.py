"""Workers that root has given to another user are workers of the same Module, and others of that user are not."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.framing import Unpacker
from tests.stub.kit import becomes, hub_pid
from tests.world.machine import needs
from tests.world.running import NAME, service
from tests.world.services import FLASK, KINDS

_NOBODY = 65534
# The folder as root makes its own. What answers is there before: the other user may not read this Python.
_OPEN = "import os\nos.chmod(os.environ['CORVO_RUNTIME_DIR'], 0o711)\nimport corvo_agent.stub.answers\n"


def _greeted(path: Path) -> bytes:
    """What a hub says to a process of that user which comes from elsewhere. Blocks; all threads are that user's."""
    with socket.socket(socket.AF_UNIX) as connection:
        os.seteuid(_NOBODY)
        try:
            connection.connect(str(path))
        finally:
            os.seteuid(0)
        return connection.recv(4096)


def _user(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[2]) for line in lines if line.startswith("Uid:"))


@pytest.mark.timeout(600)
@needs("gunicorn", "flask", "root")
@pytest.mark.parametrize("by_start", [True, False])
async def test_workers_of_another_user_meet_the_hub_of_root(by_start: bool, etcd: EmbeddedEtcd) -> None:
    kind = next(each for each in KINDS if each.name == "gunicorn-preload-flask")
    kind = replace(kind, application=f"{_OPEN}{FLASK}")
    async with service(kind, etcd, by_start=by_start, options=f"--user {_NOBODY}") as running:
        await becomes(lambda: running.all_at("as-configured", 3))
        workers = await running.workers()
        assert sorted(_user(each.worker.pid) for each in workers) == [0, _NOBODY, _NOBODY]
        await running.store.set_level(NAME, "Debug")
        await becomes(lambda: running.all_at("Debug", 3))
        async with DiagnosticsClient(workers[0].endpoint.address) as client:
            await becomes(lambda: running.all_told(client, 3))

        # This process is no worker of the service: as another user's it is refused, and told so.
        message, _ = next(iter(Unpacker().feed(_greeted(running.socket))))
        assert (message["t"], str(os.getpid()) in message["reason"]) == ("refused", True), json.dumps(message)

        hub = await asyncio.to_thread(hub_pid, running.socket)
        assert hub
        os.kill(hub, signal.SIGKILL)
        await running.store.set_level(NAME, "Error")
        await becomes(lambda: running.all_at("Error", 3))
        assert {each.worker.pid for each in await running.workers()} == {each.worker.pid for each in workers}
