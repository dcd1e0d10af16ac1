"""A module with its agent, announced in a real etcd."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from corvo_agent.agent.agent import Agent
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.store import ModuleStore
from tests.cli.place import PLACES, Place

LINES = (
    '{"level":"debug","ts":"2026-11-23T04:02:05Z","module":"pen-npm","caller":"a.py:1","pid":"7","msg":"looking"}',
    '{"level":"info","ts":"2026-11-23T04:02:06Z","module":"pen-npm","pid":"7","msg":"connected","peer":"10.0.0.1"}',
    '{"level":"error","ts":"2026-11-23T04:02:06.5Z","module":"pen-npm","pid":"7","msg":"lost","error":"timed out"}',
)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine says about Corvo is not for the tests."""
    for name in (
        "GATEWAY",
        "ETCD",
        "ADDRESS",
        "CONFIG",
        "CONTEXT",
        "MODULE",
        "TIMEOUT",
        "TLS_CA",
        "ETCD_USER",
        "ETCD_PASSWORD",
    ):
        monkeypatch.delenv(f"CORVO_{name}", raising=False)


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    path = tmp_path / "pen-npm.log"
    path.write_text("".join(f"{line}\n" for line in LINES))
    return path


async def created(modules: ModuleStore, name: str) -> None:
    """Wait until the Module ``name`` is there."""
    async with modules.watch(name) as watch:
        async for batch in watch:
            if batch.changes:
                return


@pytest_asyncio.fixture
async def agent(etcd: EmbeddedEtcd, log_file: Path, modules: ModuleStore) -> AsyncIterator[Agent]:
    """The agent of node1-pen-npm. It leaves the levels of the test's process alone."""
    service = DiagnosticsService.with_defaults("pen-npm", "node1", log_file=str(log_file))
    store = EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))
    async with Agent("pen-npm", node="node1", store=store, service=service, apply_level=None) as agent:
        assert agent.endpoint is not None
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        await created(modules, agent.name)
        yield agent


@pytest_asyncio.fixture
async def nameless(log_file: Path) -> AsyncIterator[str]:
    """Where a service answers that reads the same log file and, having no Module, answers for any."""
    service = DiagnosticsService.with_defaults("pen-npm", "node2", log_file=str(log_file))
    async with service, DiagnosticsServer([service]) as server:
        yield server.address


@pytest_asyncio.fixture
async def modules(etcd: EmbeddedEtcd) -> AsyncIterator[ModuleStore]:
    async with ModuleStore(EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))) as store:
        yield store


@pytest_asyncio.fixture
async def gateway(etcd: EmbeddedEtcd) -> AsyncIterator[Gateway]:
    """A gateway of its own store on the same etcd; it knows what is there already."""
    settings = GatewaySettings(listen="127.0.0.1:0")
    async with (
        EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)) as store,
        Gateway(store, settings) as gateway,
    ):
        await gateway.cache.wait_synced(10)
        await gateway.endpoints.wait_synced(60)
        yield gateway


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, etcd: EmbeddedEtcd) -> Place:
    """Once etcd itself, once a gateway before it."""
    if request.param == "etcd":
        return Place(("--etcd", etcd.endpoint))
    gateway: Gateway = request.getfixturevalue("gateway")
    return Place(("--gateway", gateway.url), gateway)
