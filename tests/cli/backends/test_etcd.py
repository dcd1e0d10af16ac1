"""An agent is found where etcd says at the moment; objects are held by tests/modules/test_access.py."""

from __future__ import annotations

import pytest

from corvo_agent.cli.backends.etcd import EtcdBackend, StoreModules
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import NotFound
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.kv import ChangeType
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.model import Module, ModuleStatus, ObjectMeta, ServicePort
from corvo_agent.modules.names import key_of
from corvo_agent.modules.store import ModuleStore

NAME = "node1-pen-npm"


@pytest.fixture
def kept() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def backend(kept: MemoryStore) -> EtcdBackend:
    return EtcdBackend(ModuleStore(kept), DiagnosticsClient)


async def announce(kept: MemoryStore, address: str) -> None:
    await kept.put(endpoint_key(NAME), encode_endpoint(Endpoint(address)))


async def test_the_agent_is_looked_up_anew_each_time(kept: MemoryStore, backend: EtcdBackend) -> None:
    async with DiagnosticsService.with_defaults("pen-npm", "node1") as service:
        for _ in range(2):
            async with DiagnosticsServer([service]) as server:
                await announce(kept, server.address)
                async with backend.agent(NAME) as client:
                    assert "cpustats" in await client.stats()


async def test_one_that_has_announced_itself_is_found_while_its_module_cannot_be_read(
    kept: MemoryStore, backend: EtcdBackend
) -> None:
    await kept.put(key_of(NAME), b"garbage")
    async with DiagnosticsService.with_defaults("pen-npm", "node1") as service, DiagnosticsServer([service]) as server:
        await announce(kept, server.address)
        async with backend.agent(NAME) as client:
            assert "cpustats" in await client.stats()


async def test_one_that_has_not_is_found_by_the_status_of_its_module(backend: EtcdBackend) -> None:
    async with DiagnosticsService.with_defaults("pen-npm", "node1") as service, DiagnosticsServer([service]) as server:
        port = int(server.address.rpartition(":")[2])
        status = ModuleStatus("127.0.0.1", "pen-npm", "Venice", service_ports=(ServicePort("pen-npm", port),))
        await backend.modules.create(Module(ObjectMeta(name=NAME), status=status))
        async with backend.agent(NAME) as client:
            assert "cpustats" in await client.stats()


async def test_what_is_missing_is_said(backend: EtcdBackend) -> None:
    with pytest.raises(NotFound, match=NAME):
        async with backend.agent(NAME):
            pytest.fail("there is neither an agent nor a Module")
    await backend.modules.create(Module(ObjectMeta(name=NAME)))
    with pytest.raises(NotFound, match=f"agent of module {NAME}"):
        async with backend.agent(NAME):
            pytest.fail("there is no agent")


async def test_a_change_that_cannot_be_read_is_told_with_its_fault(kept: MemoryStore) -> None:
    modules = StoreModules(ModuleStore(kept))
    revision = await kept.put(key_of(NAME), b"garbage")
    events = modules.watch()
    event = await anext(events)
    assert (event.type, event.module.name, event.module.revision) == (ChangeType.CREATED, NAME, revision)
    assert event.module.invalid.startswith("not JSON")
    await kept.delete(key_of(NAME))
    event = await anext(events)
    assert (event.type, event.module.name) == (ChangeType.DELETED, NAME)
    await events.aclose()
