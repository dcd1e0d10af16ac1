"""The thread of a link finds a hub, and says why where there can be none."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from corvo_agent.stub.link import Link
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
