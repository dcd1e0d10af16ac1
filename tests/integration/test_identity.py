"""The right process answers: what is meant for one Module never runs in the process of another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import aiohttp
import pytest
import pytest_asyncio

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.options import AgentOptions
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import OtherAgent, PreconditionFailed, RemoteError
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.routing.networks import DialPolicy
from corvo_agent.gateway.routing.peers import PeerPool
from corvo_agent.gateway.routing.resolver import Resolver
from corvo_agent.gateway.routing.router import Router
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.gateway.watching.endpoint_cache import EndpointCache
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.model import Module, ObjectMeta
from tests.cli.kit import corvo
from tests.diagnostics.kit import Echo, until

REFUSAL = "this is the agent of node1-foo, not of node2-foo"


class Machines:
    """Agents of ``foo`` on several machines; which of them dropped its caches."""

    def __init__(self, etcd: EmbeddedEtcd) -> None:
        self.dropped: list[str] = []
        self._etcd = etcd
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Machines:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def start(self, node: str, advertise: str = "") -> Agent:
        """The agent of ``node``, announced at ``advertise``."""
        store = EtcdStore(EtcdOptions.from_urls(self._etcd.endpoint, call_timeout=30.0))
        options = AgentOptions(advertise=advertise)
        agent = Agent("foo", node=node, store=store, options=options, apply_level=None)

        def drop_caches(parameters: Mapping[str, str]) -> str:
            self.dropped.append(node)
            return f"dropped on {node}"

        agent.service.register_action("drop-caches", drop_caches)
        await self._stack.enter_async_context(agent)
        assert agent.endpoint is not None
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        return agent


@pytest_asyncio.fixture
async def machines(etcd: EmbeddedEtcd) -> AsyncIterator[Machines]:
    """Two machines of which each means its own loopback by one address, so that both lead to the first one's agent."""
    async with Machines(etcd) as machines:
        first = await machines.start("node1")
        await machines.start("node2", advertise=first.address)
        yield machines


@pytest_asyncio.fixture
async def gateway(etcd: EmbeddedEtcd, machines: Machines) -> AsyncIterator[Gateway]:
    store = EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))
    async with store, Gateway(store, GatewaySettings(listen="127.0.0.1:0")) as gateway:
        await until(lambda: len(gateway.cache) == len(gateway.endpoints) == 2)
        yield gateway


async def test_an_action_does_not_run_in_another_modules_process(etcd: EmbeddedEtcd, machines: Machines) -> None:
    outcome = await corvo("action", "node2-foo", "drop-caches", "--etcd", etcd.endpoint)
    assert (outcome.code, outcome.out, REFUSAL in outcome.err) == (1, "", True)
    outcome = await corvo("action", "node1-foo", "drop-caches", "--etcd", etcd.endpoint)
    assert (outcome.code, outcome.out) == (0, "dropped on node1\n")
    assert machines.dropped == ["node1"]


async def test_nor_through_a_gateway(gateway: Gateway, machines: Machines) -> None:
    outcome = await corvo("action", "node2-foo", "drop-caches", "--gateway", gateway.url)
    assert (outcome.code, outcome.out, REFUSAL in outcome.err) == (1, "", True)
    async with aiohttp.ClientSession() as session:
        url = f"{gateway.url}/configs/diagnostics/v1/modules/node2-foo/Debug"
        body = {"query": "Action", "parameters": {"action": "drop-caches"}}
        async with session.post(url, json=body) as response:
            assert response.status == 409
            found = await response.json()
    assert found["message"] == [f"rpc error: code = FailedPrecondition desc = {REFUSAL}"]
    assert machines.dropped == []


@pytest.mark.parametrize("asked", [("logs", "-f"), ("logs",), ("stats",), ("profile",), ("level",), ("top", "--once")])
async def test_nor_is_another_modules_process_shown(
    etcd: EmbeddedEtcd, machines: Machines, asked: tuple[str, ...]
) -> None:
    command, *options = asked
    name = ["node2-foo", "goroutine"] if command == "profile" else ["node2-foo"]
    first = await machines.start("node3")
    outcome = await corvo(command, *name, *options, "--address", first.address)
    assert (outcome.code, outcome.out) == (1, "")
    assert "this is the agent of node3-foo, not of node2-foo" in outcome.err
    if command != "level":
        outcome = await corvo(command, *name, *options, "--etcd", etcd.endpoint)
        assert (outcome.code, outcome.out, REFUSAL in outcome.err) == (1, "", True)


class Behind(EndpointCache):
    """A gateway whose watch is behind: it never hears of anything, but may look."""

    def get(self, name: str) -> Endpoint | None:
        """What it heard of long ago."""
        return self.old

    old: Endpoint


async def test_a_router_that_is_refused_looks_again() -> None:
    async with MemoryStore() as kept, Agent("foo", node="node1", store=kept) as stranger:
        moved = Agent("foo", node="node2")
        moved.service.register_action("drop-caches", lambda parameters: "dropped")
        moved.service.register_handler("Log", Echo())
        endpoints = Behind(kept)
        endpoints.old = Endpoint(stranger.address)
        peers = PeerPool()
        module = Module(ObjectMeta(name="node2-foo"))
        router = Router({"node2-foo": module}.get, endpoints, Resolver(DialPolicy()), peers)
        async with moved, endpoints:
            await kept.put(endpoint_key("node2-foo"), encode_endpoint(Endpoint(moved.address)))
            query = DebugQuery("Action", {"action": "drop-caches"}, "node2-foo")
            assert (await router.debug(query)).value.endswith(b"dropped")
            followed = [answer async for answer in router.stream(DebugQuery("Log", {"count": "2"}, "node2-foo"))]
            assert len(followed) == 2
            await peers.aclose()


async def test_what_a_handler_refuses_itself_is_final() -> None:
    runs, looks = [], []

    class Looking(EndpointCache):
        async def look_up(self, name: str) -> Endpoint | None:
            looks.append(name)
            return await super().look_up(name)

    def refuse(parameters: dict[str, str]) -> str:
        runs.append(parameters)
        raise PreconditionFailed("not while it is Tuesday")

    async with MemoryStore() as kept, Agent("foo", node="node2", store=kept) as agent, Looking(kept) as endpoints:
        agent.service.register_action("drop-caches", refuse)
        await endpoints.wait_until(lambda: endpoints.get("node2-foo") is not None, "no endpoint", 30)
        peers = PeerPool()
        module = Module(ObjectMeta(name="node2-foo"))
        router = Router({"node2-foo": module}.get, endpoints, Resolver(DialPolicy()), peers)
        with pytest.raises(RemoteError, match="FAILED_PRECONDITION: not while it is Tuesday"):
            await router.debug(DebugQuery("Action", {"action": "drop-caches"}, "node2-foo"))
        await peers.aclose()
    assert (len(runs), looks) == (1, [])


@pytest.mark.parametrize("own", ["node1-foo", "a@b", "zwölf %"])
async def test_the_refusal_says_whose_agent_it_is(own: str) -> None:
    service = DiagnosticsService()
    service.name = own
    async with DiagnosticsServer([service]) as server, DiagnosticsClient(server.address, "node2-foo") as client:
        for asking in (client.stats(), anext(client.follow())):
            with pytest.raises(OtherAgent, match="this is the agent of") as caught:
                await asking
            assert caught.value.own == own


async def test_whoever_names_no_module_is_answered(machines: Machines) -> None:
    agent = await machines.start("node3")
    async with DiagnosticsClient(agent.address) as client:
        assert await client.action("drop-caches") == "dropped on node3"
    assert machines.dropped == ["node3"]
