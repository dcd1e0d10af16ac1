"""Two machines that share an etcd, as two network namespaces: the same loopback address is another process in each."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest_asyncio

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.announcing.endpoint import endpoint_key
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.watching.watch import Watch
from tests.cli.kit import corvo
from tests.diagnostics.kit import until
from tests.integration.corvo_processes import CORVO, AgentProcess, agent_process
from tests.kept_ports import kept_ports
from tests.tcp_proxy import TcpProxy

from .machine import needs

pytestmark = needs("root", "ip")
# A network of two addresses, which nothing else here uses.
HERE, THERE = "10.203.77.1", "10.203.77.2"


async def run(*command: str) -> tuple[int, str]:
    """Exit code and output of a program."""
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=asyncio.subprocess.STDOUT)
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def ip(*arguments: str) -> None:
    assert await run("ip", *arguments) == (0, "")


@dataclass(frozen=True)
class Machine:
    """A namespace of its own, and where it finds the etcd of this one."""

    inside: tuple[str, ...]
    etcd: str
    store: EtcdStore

    @asynccontextmanager
    async def agent(self, node: str, listen: str, *, here: bool = False) -> AsyncIterator[AgentProcess]:
        """An agent there, or ``here``, once its address is announced."""
        insecure = () if listen.startswith("127.") else ("--insecure",)
        arguments = ("--module", "foo", "--node", node, "--etcd", self.etcd, "--listen", listen, *insecure)
        async with agent_process(dict(os.environ), *arguments, inside=() if here else self.inside) as agent:
            async with Watch(self.store, endpoint_key(f"{node}-foo"), exact=True) as watch:
                async for batch in watch:
                    if batch.changes:
                        break
            yield agent

    async def corvo(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of the command line there."""
        return await run(*self.inside, *CORVO, *arguments, "--etcd", self.etcd)


@pytest_asyncio.fixture
async def machine(etcd: EmbeddedEtcd) -> AsyncIterator[Machine]:
    name = f"corvo-{os.getpid()}"
    await ip("netns", "add", name)
    try:
        await ip("link", "add", f"cv{os.getpid()}", "type", "veth", "peer", "name", "eth0", "netns", name)
        await ip("addr", "add", f"{HERE}/30", "dev", f"cv{os.getpid()}")
        await ip("link", "set", f"cv{os.getpid()}", "up")
        await ip("-n", name, "addr", "add", f"{THERE}/30", "dev", "eth0")
        for device in ("eth0", "lo"):
            await ip("-n", name, "link", "set", device, "up")
        store = EtcdStore(EtcdOptions.from_urls(etcd.endpoint))
        async with TcpProxy(etcd.endpoint, HERE) as proxy, store:
            yield Machine(("ip", "netns", "exec", name), proxy.url, store)
    finally:
        await ip("netns", "del", name)


async def test_loopback_is_dialled_from_its_own_machine_only(machine: Machine, etcd: EmbeddedEtcd) -> None:
    with kept_ports(1) as (port,):
        await dialled_where_it_is(machine, etcd, f"127.0.0.1:{port}")


async def dialled_where_it_is(machine: Machine, etcd: EmbeddedEtcd, listen: str) -> None:
    async with machine.agent("node1", listen, here=True), machine.agent("node2", listen) as other:
        assert other.address == listen
        # Each where it is: both are found, at one and the same address.
        assert (await corvo("stats", "node1-foo", "cmdline", "--etcd", etcd.endpoint)).code == 0
        assert (await machine.corvo("stats", "node2-foo", "cmdline"))[0] == 0
        # The other way round each would reach the other agent.
        outcome = await corvo("action", "node2-foo", "drop-caches", "--etcd", etcd.endpoint)
        assert outcome.code == 1
        assert f"[{listen}] is only for programs beside that agent" in outcome.err
        assert "another network namespace" in outcome.err
        code, out = await machine.corvo("stats", "node1-foo")
        assert (code, "another network namespace" in out) == (1, True)
        async with Gateway(machine.store, GatewaySettings(listen="127.0.0.1:0")) as gateway:
            await until(lambda: len(gateway.endpoints) == len(gateway.cache) == 2)
            outcome = await corvo("stats", "node2-foo", "--gateway", gateway.url)
            assert (outcome.code, "another network namespace" in outcome.err) == (1, True)
            assert (await corvo("stats", "node1-foo", "cmdline", "--gateway", gateway.url)).code == 0


async def test_who_listens_everywhere_announces_the_address_that_reaches_etcd(
    machine: Machine, etcd: EmbeddedEtcd
) -> None:
    async with machine.agent("node2", "0.0.0.0:9011"):
        item = await machine.store.get(endpoint_key("node2-foo"))
        assert item is not None
        assert f'"address":"{THERE}:9011"'.encode() in item.value
        outcome = await corvo("stats", "node2-foo", "cmdline", "--etcd", etcd.endpoint)
        assert outcome.code == 0, outcome.err
