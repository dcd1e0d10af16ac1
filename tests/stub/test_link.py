"""The thread of a link finds a hub, and says why where there can be none."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from corvo_agent.framing import pack
from corvo_agent.stub.link import HUB_ATTEMPTS, Link
from corvo_agent.stub.place import MeetingPlace
from corvo_agent.stub.process import WorkerProcess
from tests.hub.kit import PATIENCE, connected, hub, stubs
from tests.stub.kit import runtime_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with runtime_folder() as made:
        yield made


async def test_a_hub_that_comes_back_is_found_again(folder: Path) -> None:
    async with hub(folder) as (workers, place), stubs(workers, place, 1):
        for worker in workers.connected:
            worker.close()
        await connected(workers, 0)
        await connected(workers, 1)
        assert workers.connected[0].id == "1"


_STUB = """
import os, resource, socket, sys, time
from corvo_agent.stub.hubbed import Hubbed
from corvo_agent.stub.place import MeetingPlace

def until(true):
    while not true():
        time.sleep(0.01)

hubbed = Hubbed(MeetingPlace(sys.argv[1]), {}, "app", sys.exit)
"""
# As programs do that put themselves into the background.
_CLOSES = f"""{_STUB}
hubbed.start()
until(lambda: hubbed.address == "127.0.0.1:1")
os.closerange(3, 256)
pairs = [socket.socketpair() for _ in range(5)]
print("closed", flush=True)
until(lambda: hubbed.address == "127.0.0.1:2")
assert hubbed.stop(60)
for one, other in pairs:
    one.sendall(b"the host's")
    assert other.recv(20) == b"the host's"
"""
# Has no descriptor free at first.
_SCARCE = f"""{_STUB}
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
taken = []
try:
    while True:
        taken.append(os.dup(0))
except OSError:
    pass
hubbed.start()
until(lambda: hubbed.problem)
print(hubbed.problem, flush=True)
for number in taken:
    os.close(number)
until(lambda: not hubbed.problem)
print(repr(hubbed.problem), flush=True)
assert hubbed.stop(60)
"""


@asynccontextmanager
async def program(text: str, folder: Path) -> AsyncIterator[asyncio.StreamReader]:
    """It runs until it ends by itself, well; the stub in it goes to the hub in ``folder``."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", text, str(folder / "hub")), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            yield process.stdout
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_where_no_process_can_be_started_that_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    loop, said = asyncio.get_running_loop(), asyncio.Queue[str]()
    link = Link(
        MeetingPlace(str(folder / "hub")),
        {},
        WorkerProcess("app"),
        lambda reason: loop.call_soon_threadsafe(said.put_nowait, reason),
    )
    link.start()
    async with asyncio.timeout(PATIENCE):
        assert (await said.get()).startswith("no hub can be started")
    assert await asyncio.to_thread(link.stop, PATIENCE)


async def test_a_host_that_closes_all_descriptors_keeps_its_own_and_its_stub(folder: Path) -> None:
    async with hub(folder) as (workers, _), program(_CLOSES, folder) as output:
        workers.tell_state("127.0.0.1:1")
        await connected(workers, 1)
        first = workers.connected[0]
        assert await output.readline() == b"closed\n"
        while first in workers.connected or not workers:
            await workers.change(1.0)
        workers.tell_state("127.0.0.1:2")


async def test_without_descriptors_it_is_tried_again(folder: Path) -> None:
    async with hub(folder) as (workers, _), program(_SCARCE, folder) as output:
        assert b"Too many open files" in await output.readline()
        await connected(workers, 1)
        assert await output.readline() == b"''\n"


@pytest.mark.parametrize("words", [b"", pack({"t": "welcome", "pid": 1})])
async def test_hubs_that_end_at_once_are_not_started_for_ever(words: bytes, folder: Path) -> None:
    def end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        writer.close()

    loop, said = asyncio.get_running_loop(), asyncio.Queue[str]()
    place = MeetingPlace(str(folder / "hub"))
    server = await asyncio.start_unix_server(end, place.socket)
    link = Link(place, {}, WorkerProcess("app"), lambda reason: loop.call_soon_threadsafe(said.put_nowait, reason))
    link.start()
    async with server, asyncio.timeout(PATIENCE):
        assert await said.get() == f"its hub has ended {HUB_ATTEMPTS} times at once, see {place.log}"
    assert await asyncio.to_thread(link.stop, PATIENCE)


# Under another user than it began with, where the hub of the first cannot be reached and none can be started.
_CHANGED = """
import os, sys, threading
from corvo_agent.stub import link
from corvo_agent.stub.process import WorkerProcess
from corvo_agent.stub.place import meeting_place

place = meeting_place("node1-shop")
del os.environ["CORVO_RUNTIME_DIR"]
sys.executable, link.OTHERS_PATIENCE = "/nowhere/python", 0.0
ended = threading.Event()
said = lambda reason: (print(reason, flush=True), ended.set())
begun = link.Link(place, {}, WorkerProcess("app"), said)
os.setgroups([])
os.setuid(65534)
begun.start()
ended.wait()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its user")
def test_one_that_has_changed_its_user_starts_a_hub_of_its_own_where_it_reaches_no_other(folder: Path) -> None:
    root_s = folder / "root"
    root_s.mkdir(0o700)
    folder.chmod(0o777)
    told = {"CORVO_RUNTIME_DIR": str(root_s), "TMPDIR": str(folder), "XDG_RUNTIME_DIR": ""}
    shown = subprocess.run(
        [sys.executable, "-c", _CHANGED], env={**os.environ, **told}, capture_output=True, text=True, timeout=PATIENCE
    )
    assert shown.stdout.startswith("no hub can be started"), shown
    assert (folder / "corvo-65534" / "1-node1-shop.start").stat().st_uid == 65534
