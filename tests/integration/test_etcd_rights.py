"""The guide's roles of etcd's users: each program works with its own, and not with less."""

from __future__ import annotations

import asyncio
import logging
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.cli.commands.run.writer import LEADER_PREFIX
from corvo_agent.errors import PermissionRefused
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.levels.level import Level
from corvo_agent.log_thinning import ThinningFilter
from corvo_agent.modules import EtcdOptions, EtcdStore, ModuleStore, key_of
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.modules.history.store import HistoryStore
from corvo_agent.modules.names import API_PATH
from corvo_agent.writer.election import Election
from corvo_agent.writer.inventory import InventorySource
from corvo_agent.writer.writer import ModuleWriter
from tests.cli.kit import corvo
from tests.etcd_cluster import EtcdCluster
from tests.guides.text import block
from tests.integration.test_etcd_users import b64

pytestmark = pytest.mark.integration

NAME = "node1-pen-npm"
OTHER = "node1-billing"
PASSWORD = "a-password"
ROOT = "root:root-password"


@dataclass(frozen=True)
class Grant:
    """One right of a role."""

    role: str
    what: str
    key: str
    prefix: bool

    @property
    def end(self) -> str:
        """Where its range ends: behind every key that begins so."""
        return self.key[:-1] + chr(ord(self.key[-1]) + 1) if self.prefix else ""


def commands() -> list[list[str]]:
    """The arguments of every etcdctl in the guide's block."""
    lines = block("commands: rights").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("etcdctl ")]


def grants() -> list[Grant]:
    found = []
    for words in commands():
        if words[:2] == ["role", "grant-permission"]:
            role, what, key = (word for word in words[2:] if word != "--prefix")
            found.append(Grant(role, what, key, "--prefix" in words))
    return found


class Refusals(logging.Handler):
    """Sets ``heard`` when a program logs that etcd refused something."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if "permission denied" in record.getMessage():
            self.heard.set()


async def unless_refused(work: Awaitable[None]) -> None:
    """Wait for ``work``; raises PermissionRefused when a refusal is logged first."""
    refusals, logger = Refusals(), logging.getLogger("corvo_agent")
    retries = logging.getLogger("corvo_agent.writer.writer.retries")
    # What another program was refused half a minute ago holds back nothing here.
    retries.filters[:] = [ThinningFilter(30.0)]
    logger.addHandler(refusals)
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(refusals.heard.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[0].done():
            raise PermissionRefused("etcd", "permission denied")
        await tasks[0]
    finally:
        logger.removeHandler(refusals)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def store_of(cluster: EtcdCluster, user: str) -> EtcdStore:
    return EtcdStore(EtcdOptions(cluster.endpoints, username=user, password=PASSWORD))


async def agent_works(cluster: EtcdCluster, user: str) -> None:
    """It makes its Module, announces itself, and follows the level."""
    applied = asyncio.Event()

    def apply(state: object) -> None:
        if getattr(state, "level", None) is Level.DEBUG:
            applied.set()

    async def all_of_it() -> None:
        async with Agent("pen-npm", name=NAME, store=store_of(cluster, user), apply_level=apply) as agent:
            assert agent.endpoint is not None
            assert agent.watcher is not None
            await agent.watcher.wait_for(lambda module: module is not None)
            await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
            async with ModuleStore(store_of(cluster, "root")) as people:
                await people.set_level(NAME, "Debug")
            await applied.wait()

    await unless_refused(all_of_it())


async def gateway_works(cluster: EtcdCluster, user: str) -> None:
    """It shows a Module, changes it, and knows where agents answer."""

    async def all_of_it() -> None:
        settings = GatewaySettings(listen="127.0.0.1:0")
        async with (
            ModuleStore(store_of(cluster, user)) as store,
            Gateway(store, settings) as gateway,
            aiohttp.ClientSession(gateway.url) as session,
        ):
            await gateway.endpoints.wait_synced(60)
            await gateway.cache.wait_synced(60)
            calls: tuple[tuple[str, str, Any], ...] = (
                ("GET", path, None),
                ("PUT", path, {}),
                ("PUT", f"{path}/level", {"level": "Warn", "for": "1m"}),
            )
            for method, url, body in calls:
                async with session.request(method, url, json=body) as response:
                    if response.status in (401, 403):
                        raise PermissionRefused("etcd", await response.text())
                    assert response.status == 200, await response.text()

    path = f"{API_PATH}/modules/{OTHER}"
    await unless_refused(all_of_it())


async def writer_works(cluster: EtcdCluster, user: str, folder: Path) -> None:
    """It is elected, and writes what its source tells."""
    inventory = folder / "inventory.toml"
    inventory.write_text(f'[modules.{NAME}]\nnode = "node1"\n')

    async def all_of_it() -> None:
        async with ModuleStore(store_of(cluster, user)) as store, ModuleStore(store_of(cluster, "root")) as people:
            writer = ModuleWriter(store, [InventorySource(inventory)])
            election = Election(store.kv, LEADER_PREFIX + writer.identity, "a-writer")
            leading = asyncio.create_task(election.run(writer.run))
            try:
                async with people.watch(NAME) as watch:
                    async for batch in watch:
                        if batch.changes:
                            break
            finally:
                leading.cancel()
                await asyncio.wait({leading})

    await unless_refused(all_of_it())


async def command_line_works(cluster: EtcdCluster, user: str) -> None:
    """It lists Modules, changes one, and finds its agent."""
    where = ("--etcd", cluster.endpoint, "--etcd-user", user, "--etcd-password", PASSWORD)
    async with Agent("billing", name=OTHER, store=store_of(cluster, "root"), apply_level=None) as agent:
        assert agent.endpoint is not None
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        for command in (
            ("modules", "list"),
            ("modules", "label", OTHER, f"by={user}"),
            ("stats", OTHER, "cmdline"),
            ("level", OTHER, "Warn", "--for", "1m"),
        ):
            outcome = await corvo(*command, *where)
            if outcome.code == 5:
                raise PermissionRefused("etcd", outcome.err)
            assert outcome.code == 0, outcome.err


@asynccontextmanager
async def cluster_with_roles() -> AsyncIterator[EtcdCluster]:
    """An etcd with the roles of the guide, made by its commands, and ``user_of`` each of them."""
    async with EtcdCluster(options=("--bcrypt-cost", "4")) as cluster:
        for command in commands():
            await cluster.etcdctl(*command)
        await cluster.enable_auth("root-password")
        await cluster.request("/auth/user/changepw", {"name": "root", "password": PASSWORD}, user=ROOT)
        for role in dict.fromkeys(grant.role for grant in grants()):
            await add_user(cluster, f"{role}-user", role)
        yield cluster


async def add_user(cluster: EtcdCluster, user: str, role: str) -> None:
    root = f"root:{PASSWORD}"
    await cluster.request("/auth/user/add", {"name": user, "password": PASSWORD}, user=root)
    await cluster.request("/auth/user/grant", {"user": user, "role": role}, user=root)


async def add_poorer_user(cluster: EtcdCluster, role: str, lacking: Grant, instead: str) -> str:
    """A user with the rights of ``role`` but for the one that is ``lacking``, or with only ``instead`` of it."""
    name = f"{role}-{grants().index(lacking)}-{instead}"
    root = f"root:{PASSWORD}"
    await cluster.request("/auth/role/add", {"name": name}, user=root)
    for grant in grants():
        what = grant.what if grant != lacking else instead
        if grant.role == role and what:
            permission = {"permType": what.upper(), "key": b64(grant.key), "range_end": b64(grant.end)}
            await cluster.request("/auth/role/grant", {"name": name, "perm": permission}, user=root)
    await add_user(cluster, name, name)
    return name


#: By role and end of the key, what it is not enough to have there: nothing, or to read only. The processes of a service
#: are announced below workers/ by their hub only.
NOT_ENOUGH = {
    f"agent-{NAME}": {key_of(NAME): "read", f"{NAME}/": "", f"{NAME}/endpoint": "read"},
    "gateway": {"/diagnostics/modules/": "read", "/corvo/v1/modules/": "read"},
    "writer": {"/diagnostics/modules/": "read", "/leader/writer/": "read"},
    "operator": {"/diagnostics/modules/": "read", "/corvo/v1/modules/": "read"},
}


async def test_each_program_works_with_its_role_and_not_with_less(tmp_path: Path) -> None:
    programs: dict[str, Callable[[EtcdCluster, str], Awaitable[None]]] = {
        f"agent-{NAME}": agent_works,
        "gateway": gateway_works,
        "writer": lambda cluster, user: writer_works(cluster, user, tmp_path),
        "operator": command_line_works,
    }
    assert programs.keys() == {grant.role for grant in grants()}
    async with cluster_with_roles() as cluster, ModuleStore(store_of(cluster, "root")) as people:
        await people.kv.put(key_of(OTHER), b'{"status":{"node":"node1"}}')

        async def try_out(role: str, user: str) -> None:
            # Made anew by each one that makes it.
            await people.kv.put(key_of(NAME), b"{}")
            await people.kv.delete(key_of(NAME))
            await programs[role](cluster, user)

        for role in programs:
            await try_out(role, f"{role}-user")
        # Both have the right to write histories; without it they would work all the same.
        histories = HistoryStore(people.kv)
        assert "Debug" in {each.level_to for each in await histories.read(NAME)}
        assert any(each.gateway for each in await histories.read(OTHER))
        for role, weaker in NOT_ENOUGH.items():
            for end, what in weaker.items():
                (grant,) = (grant for grant in grants() if grant.role == role and grant.key.endswith(end))
                with pytest.raises(PermissionRefused):
                    await try_out(role, await add_poorer_user(cluster, role, grant, what))
