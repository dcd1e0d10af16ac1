"""Every command that asks an agent, asked of a peer of the original, wherever it is looked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from corvo_agent.cli.backends.etcd import EtcdBackend
from corvo_agent.cli.logs.follower import ModuleFollower
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules import ControlStore
from corvo_agent.modules.model import Module, ModuleStatus, ObjectMeta, ServicePort
from corvo_agent.modules.store import ModuleStore
from tests.certificates import Authority
from tests.cli.kit import Outcome, corvo
from tests.cli.place import Place
from tests.foreign_peer import Messages, foreign
from tests.naples_proxy import PS, NaplesProxy, served
from tests.original_peer import Original

NAME = "node1-pen-npm"
CPU = {"NumCPUs": 16, "NumGoroutines": 170, "NumCgoCalls": 1}
ROWS = [[f"cpustats.{name}", str(value)] for name, value in CPU.items()]
RECORDS = [
    {"level": level, "msg": f"line {number}", "ts": f"2026-11-25T00:00:0{number}Z", "module": "pen-npm"}
    for number, level in enumerate(("info", "error", "info"))
]
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Messages:
    return Messages(tmp_path_factory.mktemp("protos"))


@pytest_asyncio.fixture
async def original(messages: Messages, modules: ModuleStore) -> AsyncIterator[tuple[Original, str]]:
    """A peer at the node and the port of its Module's status, as the original has it; nothing else tells of it."""
    peer = Original(messages)
    peer.records = list(RECORDS)
    async with foreign(peer) as address:
        host, _, port = address.partition(":")
        status = ModuleStatus(host, "pen-npm", "venice", service_ports=(ServicePort("pen-npm", int(port)),))
        await modules.create(Module(ObjectMeta(name=NAME), status=status))
        yield peer, address


def lines_of(outcome: Outcome) -> list[dict[str, str]]:
    return [orjson.loads(line) for line in outcome.out.splitlines()]


async def test_every_query_is_answered(place: Place, original: tuple[Original, str], modules: ModuleStore) -> None:
    await place.knows((await modules.get(NAME)).revision)
    stats = await place.corvo("stats", NAME, "-o", "json")
    assert (stats.code, stats.json) == (0, {"cmdline": ["/bin/pen"], "cpustats": CPU})
    assert (await place.corvo("stats", NAME, "cpustats")).rows == [
        [f"cpustats.{name}", str(value)] for name, value in CPU.items()
    ]
    assert (await place.corvo("stats", NAME, "--clear")).code == 0
    action = await place.corvo("action", NAME, "list-objects", "kind=Network")
    assert (action.code, action.out) == (0, '"{}"\n')
    unknown = await place.corvo("action", NAME, "nothing")
    assert "Valid actions are [list-objects]" in unknown.err
    assert unknown.code == 1
    logs = await place.corvo("logs", NAME, "-o", "json")
    assert (logs.code, [line["msg"] for line in lines_of(logs)]) == (0, ["line 0", "line 1", "line 2"])
    errors = await place.corvo("logs", NAME, "--level", "Error", "--columns", "msg", "-o", "json")
    assert lines_of(errors) == [{"msg": "line 1"}]
    profile = await place.corvo("profile", NAME, "heap")
    assert (profile.code, "unknown query: Profile" in profile.err) == (1, True)
    top = await place.corvo("top", NAME, "--once")
    assert (top.code, "170" in top.out, "unknown query: Profile" in top.out + top.err) == (0, True, True)


async def test_its_level_is_its_log_level_which_nothing_ends(
    place: Place, original: tuple[Original, str], modules: ModuleStore
) -> None:
    await place.knows((await modules.set_level(NAME, "info")).revision)
    outcome = await place.corvo("level", NAME, "Debug")
    assert (outcome.code, outcome.out) == (0, f"{NAME}: Debug (log-level)\n")
    assert "nothing will end this level" in outcome.err
    # In small letters: it takes any other spelling for Info.
    assert (await modules.get(NAME)).spec.log_level == "debug"
    assert await ControlStore(modules.kv).list(NAME) == ()
    refused = await place.corvo("level", NAME, "Debug", "--logger", "http")
    assert (refused.code, "one level for all loggers" in refused.err) == (1, True)
    kept = await place.corvo("level", NAME, "Warn", "--keep")
    assert (kept.code, kept.err, (await modules.get(NAME)).spec.log_level) == (0, "", "warn")


async def test_one_address_is_asked_alike(original: tuple[Original, str]) -> None:
    _, address = original
    found = await corvo("stats", NAME, "cpustats", "--address", address)
    assert found.rows == ROWS


async def test_its_log_is_followed(original: tuple[Original, str], modules: ModuleStore) -> None:
    peer, _ = original
    shown: asyncio.Queue[str] = asyncio.Queue()

    def show(name: str, records: list[dict[str, str]]) -> None:
        for record in records:
            shown.put_nowait(record["msg"])

    backend = EtcdBackend(modules, lambda address, name: DiagnosticsClient(address, name, poll=0.05))
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(ModuleFollower(backend, NAME, {"lines": "1", "level": "info"}, show).run())
        assert await shown.get() == "line 2"
        peer.records.append({"level": "info", "msg": "line 3"})
        assert await shown.get() == "line 3"
        following.cancel()


async def test_a_smart_nic_is_asked_through_its_proxy(etcd: EmbeddedEtcd, modules: ModuleStore, tmp_path: Path) -> None:
    authority, proxy = Authority(tmp_path), NaplesProxy()
    mine = authority.issue("me")
    tls = ("--tls-ca", str(authority.path), "--tls-cert", str(mine.cert), "--tls-key", str(mine.key))
    async with served(proxy, authority) as port:
        status = ModuleStatus("127.0.0.1/8", "pen-netagent", "naples", service_ports=(ServicePort("x", port),))
        await modules.create(Module(ObjectMeta(name="nic1"), status=status))
        asking = "action", "nic1", "ps", "command=ps", "--etcd", etcd.endpoint
        found = await corvo(*asking, *tls)
        assert (found.code, found.out) == (0, PS + "\n")
        assert proxy.seen[0]["parameters"] == {"action": "ps", "command": "ps"}
        refused = await corvo(*asking)
        assert (refused.code, "certificate" in refused.err) == (5, True)
