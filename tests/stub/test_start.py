"""A service of one line: its processes follow the level, answer, count together, and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import ConfigError, InvalidArgument, RemoteError
from corvo_agent.modules.announcing.endpoint import endpoint_key
from corvo_agent.modules.announcing.workers import find_workers
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.names import key_of
from corvo_agent.modules.store import ModuleStore
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.stub.start import start
from tests.cli.kit import corvo
from tests.stub.kit import START, Service, becomes, hub_pid, runtime_folder, service

NAME = "node1-shop"

BLOCKS = """
import asyncio
from corvo_agent import start

def until_debug():
    while logging.root.level != 10:
        time.sleep(0.01)

async def work():
    async with start("shop", node="node1") as handle:
        await asyncio.to_thread(until_debug)
    say(left="async", stopped=handle.stopped, now=logging.root.level)

with start("shop", node="node1") as handle:
    until_debug()
say(left="plain", stopped=handle.stopped, now=logging.root.level)
asyncio.run(work())
"""

pytestmark = pytest.mark.integration


@pytest.fixture
def folder() -> Iterator[Path]:
    with runtime_folder() as made:
        yield made


@asynccontextmanager
async def shop(etcd: EmbeddedEtcd, folder: Path, before: str = START) -> AsyncIterator[tuple[Service, ModuleStore]]:
    environment = {"CORVO_ETCD": etcd.endpoint, "CORVO_LOG_FILE": str(folder / "{pid}.log")}
    async with (
        EtcdStore(EtcdOptions((etcd.endpoint,), call_timeout=30.0)) as kv,
        service(folder, environment, before) as running,
    ):
        yield running, ModuleStore.of(kv)


async def set_level(store: ModuleStore, level: str) -> None:
    """Write it, once the agent has made the Module."""
    await becomes(lambda: store.kv.get(key_of(NAME)))
    await store.set_level(NAME, level)


async def announced(store: ModuleStore, count: int) -> None:
    """Wait until so many workers are announced, all with what is in force."""

    async def are_there() -> bool:
        found = await find_workers(store.kv, NAME)
        return len([each for each in found if each.inside and each.level is not None]) == count

    await becomes(are_there)


async def test_a_level_reaches_the_process_and_is_taken_away_with_the_handle(etcd: EmbeddedEtcd, folder: Path) -> None:
    async with shop(etcd, folder) as (running, store):
        await running.says(level=30)
        await running.address()
        await set_level(store, "Debug")
        await running.says(level=10)
        running.do("say(again=start('shop', node='node1') is handle, stopped=handle.stop(), level=logging.root.level)")
        told = await running.says(again=True)
        assert (told["stopped"], told["level"]) == (True, 30)


async def test_a_forked_child_is_a_worker_of_its_own(etcd: EmbeddedEtcd, folder: Path) -> None:
    counting = (
        f"{START}; from corvo_agent.stats import Int; n = Int(); handle.publish('n', n); n.add(5);"
        "handle.action('who', lambda parameters: str(os.getpid()))"
    )
    async with shop(etcd, folder, counting) as (running, store):
        address = await running.address()
        running.do("child = fork(); say(child=child)")
        child = (await running.says(lambda told: "child" in told))["child"]
        await announced(store, 2)
        await set_level(store, "Debug")
        assert {(await running.says(level=10))["pid"] for _ in range(2)} == {running.pid, child}
        for pid in (running.pid, child):
            (folder / f"{pid}.log").write_text(f'{{"level":"info","msg":"said by {pid}"}}\n')
        async with DiagnosticsClient(address) as client:
            # What the parent had counted is not counted again by its child.
            assert await client.stats("n") == {"n": 5}
            workers = (await client.stats())["workers"]
            assert {worker["pid"] for worker in workers.values()} == {running.pid, child}
            assert await client.action("who", worker=f"pid:{child}") == str(child)
            for asked in (["action", NAME, "who"], ["stats", NAME, "n"], ["profile", NAME, "goroutine", "-o", "-"]):
                outcome = await corvo(*asked, "--worker", f"pid:{child}", "--address", address)
                assert outcome.code == 0, outcome.err
            shown = await corvo("logs", NAME, "--address", address)
            assert {text in shown.out for text in (f"said by {running.pid}", f"said by {child}")} == {True}, shown
            with pytest.raises(RemoteError, match="which one"):
                await client.action("who")
            running.let_children_leave()
            await announced(store, 1)
            assert await client.stats("n") == {"n": 5}
            assert await client.action("who") == str(running.pid)
        module = await store.get(NAME)
        assert module.status.restart_count == 0


async def test_a_process_whose_loop_is_stuck_answers_and_shows_it(etcd: EmbeddedEtcd, folder: Path) -> None:
    async with shop(etcd, folder) as (running, _):
        address = await running.address()
        running.do("left = threading.Event()")
        running.do("async def stand_still(): say(stands=True); left.wait()")
        running.do("threading.Thread(target=lambda: __import__('asyncio').run(stand_still())).start()")
        await running.says(stands=True)
        async with DiagnosticsClient(address) as client:
            shown = decode(await client.profile("goroutine"))
            assert any("stuck in" in comment for comment in shown.comments), shown.comments
            assert any("stand_still" in frame.function for sample in shown.samples for frame in sample.stack)
        running.do("left.set()")


async def test_a_hub_that_was_killed_is_replaced(etcd: EmbeddedEtcd, folder: Path) -> None:
    async with shop(etcd, folder) as (running, store):
        await running.address()
        await set_level(store, "Debug")
        await running.says(level=10)
        before = hub_pid(Path(running.place.socket))
        os.kill(before, signal.SIGKILL)
        await set_level(store, "Error")
        await running.says(level=40)
        assert hub_pid(Path(running.place.socket)) not in (0, before)
        module = await store.get(NAME)
        assert module.status.restart_count == 0


async def test_the_hub_ends_with_the_last_process(etcd: EmbeddedEtcd, folder: Path) -> None:
    async with shop(etcd, folder) as (running, store):
        await running.address()
        # Asked to end, it does so as soon as there is nothing left to do: no need to wait for another process.
        await announced(store, 1)
        socket = Path(running.place.socket)
        os.kill(hub_pid(socket), signal.SIGTERM)
        assert await store.kv.get(endpoint_key(NAME)) is not None
    async with EtcdStore(EtcdOptions((etcd.endpoint,), call_timeout=30.0)) as kv:

        async def is_gone() -> bool:
            return await kv.get(endpoint_key(NAME)) is None and not await asyncio.to_thread(hub_pid, socket)

        await becomes(is_gone)


@pytest.mark.parametrize(
    "inside",
    [
        START.replace("'node1')", "'node1', hub=False)"),
        # No program can be started.
        f"sys.executable = '/nowhere/python'; {START}",
    ],
)
async def test_without_a_hub_the_agent_is_inside(inside: str, etcd: EmbeddedEtcd, folder: Path) -> None:
    async with shop(etcd, folder, inside) as (running, store):
        address = await running.address()
        await set_level(store, "Debug")
        await running.says(level=10)
        async with DiagnosticsClient(address) as client:
            assert "cpustats" in await client.stats()
        running.do("handle.publish('late', lambda: 7); say(stopped=handle.stop(), level=logging.root.level)")
        assert (await running.says(stopped=True))["level"] == 30
        assert hub_pid(Path(running.place.socket)) == 0


async def test_a_handle_ends_with_its_block_and_can_be_had_again(etcd: EmbeddedEtcd, folder: Path) -> None:
    async with shop(etcd, folder, f"exec({BLOCKS!r})") as (running, store):
        await set_level(store, "Debug")
        for block in ("plain", "async"):
            assert await running.says(left=block) == {"pid": running.pid, "left": block, "stopped": True, "now": 30}


async def test_a_setting_that_is_refused_is_told_and_harms_nothing(folder: Path) -> None:
    waiting = f"{START}; threading.Thread(target=lambda: say(problem=until_problem())).start()"
    until = "until_problem = lambda: next(filter(None, iter(lambda: time.sleep(0.01) or handle.problem, None)))"
    async with service(folder, {"CORVO_LISTEN": "0.0.0.0:0"}, f"{until}; {waiting}") as running:
        told = await running.says(lambda told: "problem" in told)
        assert "0.0.0.0:0" in told["problem"]
        running.do("say(level=logging.root.level, address=handle.address)")
        assert await running.says(level=30, address="")


def test_a_module_has_to_have_a_name_that_there_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORVO_MODULE", raising=False)
    with pytest.raises(ConfigError, match="module"):
        start()
    with pytest.raises(InvalidArgument, match="module name"):
        start("with a blank")
    with pytest.raises(InvalidArgument, match="scope"):
        start("shop", scope="everything")
