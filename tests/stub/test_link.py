"""The thread of a link finds a hub, and says why where there can be none."""

from __future__ import annotations

import asyncio
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
