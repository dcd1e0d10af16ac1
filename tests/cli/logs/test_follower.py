"""Following a log through the loss of its agent, with real agents on a real etcd."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.options import AgentOptions
from corvo_agent.cli.logs.follower import ModuleFollower, follow_all
from corvo_agent.cli.settings.where import Where
from corvo_agent.cli.where.connect import open_backend
from corvo_agent.diagnostics.messages.payloads import logs_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.diagnostics.server.server import ServerLimits
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import CorvoError, NotFound, RemoteError, Unavailable
from corvo_agent.logs.files.cursor import Cursor, FileMark
from corvo_agent.logs.files.places import encode_places
from corvo_agent.logs.lines.marker import CURSOR, GAP, MARKER
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.settings.etcd import EtcdSettings
from tests.cli.place import Place
from tests.diagnostics.kit import Echo, served

NAME = "node1-pen-npm"


class Seen:
    """The records that were shown."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self._moved = asyncio.Event()

    def __call__(self, name: str, records: Sequence[Mapping[str, str]]) -> None:
        self.messages += [record["msg"] for record in records]
        self._moved.set()

    async def wait(self, message: str) -> None:
        while message not in self.messages:
            self._moved.clear()
            await self._moved.wait()


@asynccontextmanager
async def following(where: Where, parameters: Mapping[str, str], seen: Seen) -> AsyncIterator[asyncio.Task[None]]:
    async with open_backend(where) as backend:
        task = asyncio.create_task(ModuleFollower(backend, NAME, parameters, seen).run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait({task})


@asynccontextmanager
async def agent_on(etcd: EmbeddedEtcd, log_file: Path) -> AsyncIterator[Agent]:
    store = EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))
    # Followed logs do not end by themselves: nothing is gained by waiting for them.
    options = AgentOptions(server_limits=ServerLimits(drain_timeout=0.05))
    async with Agent(
        "pen-npm", node="node1", store=store, log_file=str(log_file), apply_level=None, options=options
    ) as agent:
        assert agent.endpoint is not None
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        yield agent


def write(log_file: Path, *messages: str) -> None:
    with log_file.open("a") as file:
        file.writelines(f'{{"level":"info","msg":"{message}"}}\n' for message in messages)


async def test_the_newest_lines_come_first_then_those_that_are_written(etcd: EmbeddedEtcd, log_file: Path) -> None:
    seen = Seen()
    async with (
        agent_on(etcd, log_file) as agent,
        following(Where(address=agent.address), {"lines": "1"}, seen),
    ):
        await seen.wait("lost")
        write(log_file, "one", "two")
        await seen.wait("two")
    assert seen.messages == ["lost", "one", "two"]


async def test_it_goes_on_after_the_last_line_seen_when_the_agent_is_back(
    etcd: EmbeddedEtcd, place: Place, log_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen, where = Seen(), place.where()
    async with following(where, {"lines": "2"}, seen) as task:
        # Before the first contact it gives up: so the agent has to be there first.
        await asyncio.wait({task})
        assert isinstance(task.exception(), NotFound)
    first = agent_on(etcd, log_file)
    await first.__aenter__()
    await place.finds(NAME)
    async with following(where, {"lines": "2"}, seen):
        await seen.wait("lost")
        write(log_file, "while it is there")
        await seen.wait("while it is there")
        await first.__aexit__(None, None, None)
        write(log_file, "while it is away")
        async with agent_on(etcd, log_file):
            write(log_file, "when it is back")
            await seen.wait("when it is back")
    assert seen.messages == ["connected", "lost", "while it is there", "while it is away", "when it is back"]
    assert f"corvo: {NAME}: " in capsys.readouterr().err


@pytest.mark.parametrize("time", ['"time":"2026-11-24T10:00:0%dZ",', '"ts":179551440%d.5,', '"%d":"no time",'])
async def test_a_pattern_goes_on_in_every_log_when_the_agent_is_back(
    etcd: EmbeddedEtcd, place: Place, tmp_path: Path, time: str
) -> None:
    def append(name: str, *messages: str) -> None:
        with (tmp_path / f"{name}.log").open("a") as file:
            # What a line says of itself is no remark of the agent.
            file.writelines(
                f'{{{time % number}"level":"info","corvo.cursor":"zzz","corvo.gap":"cursor","msg":"{message}"}}\n'
                for number, message in enumerate(messages)
            )

    append("a", "a1")
    append("b", "b1")
    seen, pattern = Seen(), tmp_path / "*.log"
    first = agent_on(etcd, pattern)
    await first.__aenter__()
    await place.finds(NAME)
    async with following(place.where(), {"lines": "10"}, seen):
        await seen.wait("b1")
        append("b", "b2")
        await seen.wait("b2")
        await first.__aexit__(None, None, None)
        append("a", "a2", "a2", "a3")
        append("b", "b2", "b3")
        append("c", "c1", "c2")
        async with agent_on(etcd, pattern):
            for message in ("a3", "b3", "c2"):
                await seen.wait(message)
            append("a", "a4")
            await seen.wait("a4")
    for name, expected in (("a", "a1 a2 a2 a3 a4"), ("b", "b1 b2 b2 b3"), ("c", "c1 c2")):
        assert [message for message in seen.messages if message[0] == name] == expected.split()


async def test_a_thousand_places_reach_the_agent(etcd: EmbeddedEtcd, place: Place, tmp_path: Path) -> None:
    mark = FileMark.of(b"gone", 7)
    places = {f"{tmp_path}/service-{number}.log": Cursor(mark, number, forward=True) for number in range(1000)}
    seen = Seen()
    async with agent_on(etcd, tmp_path / "*.log"):
        await place.finds(NAME)
        async with following(place.where(), {"cursor": encode_places(places)}, seen):
            async with asyncio.timeout(60):
                await seen.wait("the place to go on from is gone; lines may be missing")


async def test_without_a_first_contact_it_gives_up() -> None:
    for where in (
        Where(address="127.0.0.1:1"),
        Where(gateway="http://127.0.0.1:1"),
        Where(etcd=EtcdSettings(("http://127.0.0.1:1",))),
    ):
        async with following(where, {}, Seen()) as task:
            with pytest.raises(Unavailable):
                await task


async def test_what_the_agent_refuses_is_final(etcd: EmbeddedEtcd, log_file: Path) -> None:
    async with (
        agent_on(etcd, log_file) as agent,
        following(Where(address=agent.address), {"lines": "many"}, Seen()) as task,
    ):
        with pytest.raises(RemoteError, match="INVALID_ARGUMENT"):
            await task


class Remarks(Echo):
    """Streams one batch with remarks, ends, and does it again for the cursor that it gave."""

    async def stream(self, query: DebugQuery) -> AsyncIterator[Payload]:
        self.queries.append(query)
        yield logs_payload(
            [
                {"level": MARKER, "msg": "read up to here", CURSOR: f"c{len(self.queries)}"},
                {"level": MARKER, "msg": "lines may be missing", GAP: "vanished"},
                {"level": "info", "msg": f"line {len(self.queries)}"},
            ]
        )


async def test_gaps_are_shown_and_positions_are_kept_to_go_on_from() -> None:
    service, remarks, seen = DiagnosticsService(), Remarks(), Seen()
    service.register_handler("Log", remarks)
    async with served(service) as address, following(Where(address=address), {"lines": "5"}, seen):
        await seen.wait("line 2")
    assert seen.messages == ["lines may be missing", "line 1", "lines may be missing", "line 2"]
    assert [query.parameters for query in remarks.queries] == [{"lines": "5"}, {"lines": "5", "cursor": "c1"}]


async def test_one_that_fails_leaves_the_others(etcd: EmbeddedEtcd, log_file: Path) -> None:
    seen, failed, gone = Seen(), dict[str, CorvoError](), asyncio.Event()

    def fail(name: str, error: CorvoError) -> None:
        failed[name] = error
        gone.set()

    async with agent_on(etcd, log_file), open_backend(Where(etcd=EtcdSettings((etcd.endpoint,)))) as backend:
        followers = {name: ModuleFollower(backend, name, {"lines": "1"}, seen) for name in ("node9-gone", NAME)}
        work = asyncio.create_task(follow_all(followers, fail))
        await gone.wait()
        await seen.wait("lost")
        write(log_file, "later")
        await seen.wait("later")
        assert failed.keys() == {"node9-gone"}
        work.cancel()
        await asyncio.wait({work})


async def test_when_all_have_failed_it_ends() -> None:
    failed = dict[str, CorvoError]()
    async with open_backend(Where(address="127.0.0.1:1")) as backend:
        await follow_all({NAME: ModuleFollower(backend, NAME, {}, Seen())}, failed.__setitem__)
    assert isinstance(failed[NAME], Unavailable)
