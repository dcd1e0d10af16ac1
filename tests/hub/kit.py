"""A hub's table of processes in this process, and stubs that connect to it: real sockets, real threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from corvo_agent.hub.workers import Workers
from corvo_agent.stub.hubbed import Hubbed
from corvo_agent.stub.inside import Inside
from corvo_agent.stub.place import MeetingPlace

#: Seconds that anything may take on a busy machine.
PATIENCE = 60.0


@asynccontextmanager
async def hub(folder: Path, name: str = "hub") -> AsyncIterator[tuple[Workers, MeetingPlace]]:
    """Processes may connect at the place given until it is left."""
    workers, place = Workers(), MeetingPlace(str(folder / name))
    server = await asyncio.get_running_loop().create_unix_server(workers.protocol, place.socket)
    try:
        yield workers, place
    finally:
        server.close()
        for worker in workers.connected:
            worker.close()


def _none() -> Inside:
    raise RuntimeError("this hub is always there")


@asynccontextmanager
async def stubs(workers: Workers, place: MeetingPlace, count: int) -> AsyncIterator[list[Hubbed]]:
    """So many connected stubs, all of this process."""
    made = [Hubbed(place, {}, "app", _none) for _ in range(count)]
    before = len(workers)
    for number, each in enumerate(made):
        each.start()
        await connected(workers, before + number + 1)
    try:
        yield made
    finally:
        for each in made:
            await asyncio.to_thread(each.stop, PATIENCE)


async def connected(workers: Workers, count: int) -> None:
    """Wait until so many are."""
    async with asyncio.timeout(PATIENCE):
        while len(workers) != count:
            await workers.change(1.0)
