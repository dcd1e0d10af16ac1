"""Where an agent answers: one table, which the gateway and tools that look into etcd both keep to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from corvo_agent.cli.backends.etcd import locate
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import NotFound, PreconditionFailed, Unavailable
from corvo_agent.gateway.routing.networks import DialPolicy
from corvo_agent.gateway.routing.peers import PeerPool
from corvo_agent.gateway.routing.resolver import Resolver
from corvo_agent.gateway.routing.router import Router
from corvo_agent.gateway.watching.endpoint_cache import EndpointCache
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.location import NAPLES_PORT, agent_address
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.model import Module, ModuleStatus, ObjectMeta, ServicePort
from corvo_agent.modules.store import ModuleStore

NAME = "node1-pen-npm"
NPM, UNNAMED, GRPC = ServicePort("pen-npm", 9005), ServicePort("", 1), ServicePort("grpc", 2)


def module(*ports: ServicePort, node: str = "127.77.2.3", category: str = "Venice") -> Module:
    return Module(ObjectMeta(name=NAME), status=ModuleStatus(node, "pen-npm", category, service_ports=ports))


def nic(*ports: ServicePort, node: str = "127.77.2.3/24") -> Module:
    return module(*ports, node=node, category="Naples")


UNLOCATED = ""
# What the Module says, what its agent has announced, and where that is: an address, UNLOCATED, or an error's text.
TABLE = [
    (module(), None, UNLOCATED),
    (module(NPM), None, "127.77.2.3:9005"),
    (module(GRPC, NPM), None, "127.77.2.3:9005"),
    (module(UNNAMED, NPM), None, "127.77.2.3:9005"),
    (module(NPM, node="::1"), None, "[::1]:9005"),
    # The only port is the agent's, whatever it is called.
    (module(ServicePort("diagnostics", 7)), None, "127.77.2.3:7"),
    (module(UNNAMED), None, "127.77.2.3:1"),
    # One of several that are called otherwise might be anything.
    (module(UNNAMED, GRPC), None, UNLOCATED),
    (module(ServicePort("pen-npm", 0)), None, UNLOCATED),
    (module(NPM, node=""), None, UNLOCATED),
    # A smart NIC: its node is an address with the network's length, and what answers there the proxy at a fixed port.
    (nic(), None, f"https://127.77.2.3:{NAPLES_PORT}"),
    (nic(NPM), None, "https://127.77.2.3:9005"),
    (nic(node="127.77.2.3"), None, "invalid CIDR address: 127.77.2.3"),
    (nic(node=""), None, "invalid CIDR address: "),
    # What the agent says itself comes first.
    (module(), "127.77.9.9:4711", "127.77.9.9:4711"),
    (module(NPM), "127.77.9.9:4711", "127.77.9.9:4711"),
    (nic(), "[::1]:4711", "[::1]:4711"),
    (module(NPM), "127.77.9.9", "endpoint address [127.77.9.9] is not HOST:PORT"),
]


@pytest_asyncio.fixture
async def store() -> AsyncIterator[ModuleStore]:
    async with ModuleStore(MemoryStore()) as store:
        yield store


async def routed(store: ModuleStore, found: Module) -> str:
    """Where the gateway asks the agent of ``found``: nothing listens there, and the error says so."""
    peers = PeerPool()
    async with EndpointCache(store.kv) as endpoints:
        await endpoints.wait_synced(60)
        router = Router(lambda name: found, endpoints, Resolver(DialPolicy()), peers)
        try:
            await router.debug(DebugQuery("Log", name=found.name))
        except Unavailable as error:
            return error.peer
        except PreconditionFailed as error:
            return UNLOCATED if error.reason.startswith("unable to locate") else error.reason
        finally:
            await peers.aclose()
    raise AssertionError("it was answered")


async def looked_up(store: ModuleStore, found: Module) -> str:
    """Where a tool that looks into etcd would ask the agent of ``found``."""
    try:
        return await locate(store, found.name)
    except NotFound as error:
        return UNLOCATED if error.kind == "agent of module" else str(error)
    except PreconditionFailed as error:
        return error.reason


@pytest.mark.parametrize(("found", "announced", "expected"), TABLE)
async def test_both_look_in_the_same_place(
    store: ModuleStore, found: Module, announced: str | None, expected: str
) -> None:
    await store.create(found)
    if announced is not None:
        await store.kv.put(endpoint_key(NAME), encode_endpoint(Endpoint(announced)))
    assert (await routed(store, found), await looked_up(store, found)) == (expected, expected)


@pytest.mark.parametrize(("service", "port"), [("grpc", 2), ("pen-npm", 9005), ("", 9005)])
def test_a_service_of_the_module_has_its_own_port(service: str, port: int) -> None:
    address = agent_address(module(GRPC, NPM), None, service)
    assert address is not None
    assert address.port == port


def test_a_service_that_the_module_does_not_have_is_refused_unless_it_is_a_nics() -> None:
    for announced in (None, Endpoint("127.77.9.9:1")):
        with pytest.raises(PreconditionFailed, match=r"invalid service name \[other\]"):
            agent_address(module(NPM), announced, "other")
    assert str(agent_address(nic(NPM), None, "other")) == f"127.77.2.3:{NAPLES_PORT}"


async def test_an_address_of_another_place_is_refused_with_the_reason(store: ModuleStore) -> None:
    await store.create(module(NPM))
    # A name leads there as well: it is the address that it stands for that counts.
    for host in ("127.77.2.3", "localhost"):
        elsewhere = Endpoint(f"{host}:4711", host="node2", boot_id="b", network_namespace="1")
        await store.kv.put(endpoint_key(NAME), encode_endpoint(elsewhere))
        expected = f"endpoint address [{host}:4711] is only for programs beside that agent on host node2, "
        for told in (await routed(store, module(NPM)), await looked_up(store, module(NPM))):
            assert told.startswith(expected)


def test_an_agent_may_announce_a_unix_socket() -> None:
    assert str(agent_address(module(), Endpoint("unix:/run/agent"))) == "unix:/run/agent"
