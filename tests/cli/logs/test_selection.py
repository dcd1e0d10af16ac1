"""Following every module that a selector chooses, with real agents on a real etcd, straight and through a gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.options import AgentOptions
from corvo_agent.cli.logs import selection
from corvo_agent.cli.logs.follower import ModuleFollower
from corvo_agent.cli.logs.selection import SelectionFollower
from corvo_agent.cli.where.connect import open_backend
from corvo_agent.diagnostics.server.server import ServerLimits
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import CorvoError, RemoteError
from corvo_agent.modules.access import Selector
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.model import Module, ModuleStatus, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.conftest import created
from tests.cli.place import Place
from tests.diagnostics.kit import until

WANTED = Selector(fields="status.module=pen-npm")


class Seen:
    """What was shown, as ``name: message``."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._moved = asyncio.Event()

    def __call__(self, name: str, records: Sequence[Mapping[str, str]]) -> None:
        self.lines += [f"{name}: {record['msg']}" for record in records]
        self._moved.set()

    async def wait(self, line: str) -> None:
        while line not in self.lines:
            self._moved.clear()
            await self._moved.wait()


class Fleet:
    """Agents of modules that log into files of their own."""

    def __init__(self, etcd: EmbeddedEtcd, modules: ModuleStore, folder: Path) -> None:
        self._etcd = etcd
        self._modules = modules
        self._folder = folder
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Fleet:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._stack.aclose()

    def write(self, node: str, message: str) -> None:
        with (self._folder / f"{node}.log").open("a") as file:
            file.write(f'{{"level":"info","msg":"{message}"}}\n')

    async def start(self, node: str, module: str = "pen-npm") -> str:
        """An agent whose log has one line; its Module's name."""
        self.write(node, "first")
        store = EtcdStore(EtcdOptions.from_urls(self._etcd.endpoint, call_timeout=30.0))
        options = AgentOptions(server_limits=ServerLimits(drain_timeout=0.05))
        log_file = str(self._folder / f"{node}.log")
        agent = Agent(module, node=node, store=store, log_file=log_file, apply_level=None, options=options)
        await self._stack.enter_async_context(agent)
        assert agent.endpoint is not None
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        await created(self._modules, agent.name)
        return agent.name


@pytest.fixture
async def fleet(etcd: EmbeddedEtcd, modules: ModuleStore, tmp_path: Path) -> AsyncIterator[Fleet]:
    async with Fleet(etcd, modules, tmp_path) as fleet:
        yield fleet


@asynccontextmanager
async def following(
    place: Place, seen: Seen, failed: dict[str, CorvoError], **parameters: str
) -> AsyncIterator[asyncio.Task[None]]:
    async with open_backend(place.where()) as backend:

        def make(name: str) -> ModuleFollower:
            return ModuleFollower(backend, name, {"lines": "5", **parameters}, seen, patient=True)

        follower = SelectionFollower(backend.modules, WANTED, make, failed.__setitem__)
        task = asyncio.create_task(follower.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait({task})


async def test_those_that_are_there_and_those_that_come_later_are_followed(place: Place, fleet: Fleet) -> None:
    seen, failed = Seen(), dict[str, CorvoError]()
    one = await fleet.start("node1")
    await fleet.start("node7", "other")
    async with following(place, seen, failed):
        await seen.wait(f"{one}: first")
        two = await fleet.start("node2")
        await seen.wait(f"{two}: first")
        fleet.write("node1", "second")
        fleet.write("node2", "second")
        await seen.wait(f"{one}: second")
        await seen.wait(f"{two}: second")
    assert sorted(seen.lines) == sorted(f"{name}: {text}" for name in (one, two) for text in ("first", "second"))
    assert failed == {}


async def test_one_whose_agent_is_not_there_yet_is_waited_for(
    place: Place, fleet: Fleet, modules: ModuleStore, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = Seen()
    early = Module(ObjectMeta(name="node1-pen-npm"), status=ModuleStatus("node1", "pen-npm", "Venice"))
    await place.knows((await modules.create(early)).revision)
    async with following(place, seen, {}):
        name = await fleet.start("node1")
        await seen.wait(f"{name}: first")
    assert seen.lines == [f"{name}: first"]


async def test_a_module_that_is_deleted_is_left_when_its_agent_goes(
    place: Place, fleet: Fleet, modules: ModuleStore, capsys: pytest.CaptureFixture[str]
) -> None:
    seen, failed = Seen(), dict[str, CorvoError]()
    name = await fleet.start("node1")
    async with following(place, seen, failed):
        await seen.wait(f"{name}: first")
        await modules.delete(name)
        fleet.write("node1", "last words")
        await seen.wait(f"{name}: last words")
        two = await fleet.start("node2")
        await seen.wait(f"{two}: first")
    assert failed == {}


async def test_what_no_agent_understands_ends_it(place: Place, fleet: Fleet) -> None:
    await fleet.start("node1")
    async with following(place, Seen(), {}, level="loud") as task:
        await asyncio.wait({task})
        error = task.exception()
    assert isinstance(error, BaseExceptionGroup)
    assert isinstance(error.exceptions[0], RemoteError)


async def test_so_many_are_followed_and_no_more(
    place: Place, fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(selection, "MAX_FOLLOWED", 1)
    seen = Seen()
    one = await fleet.start("node1")
    async with following(place, seen, {}):
        await seen.wait(f"{one}: first")
        two = await fleet.start("node2")
        said: list[str] = []
        await until(lambda: said.append(capsys.readouterr().err) or two in "".join(said))  # type: ignore[func-returns-value]
    assert "1 modules at most are followed" in "".join(said)
    assert seen.lines == [f"{one}: first"]
