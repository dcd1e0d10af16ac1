"""Where commands look: at an address, by an announcement, or at what a Module reports of itself; also with TLS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import trustme

from corvo_agent.cli.backends.etcd import locate
from corvo_agent.cli.settings.where import Where
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.diagnostics.tls import server_ssl
from corvo_agent.errors import NotFound
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.model import Module, ModuleStatus, ObjectMeta, ServicePort
from corvo_agent.modules.store import ModuleStore
from corvo_agent.settings.etcd import EtcdSettings
from tests.cli.kit import corvo

NAME = "node1-pen-npm"


@pytest.fixture
def store() -> ModuleStore:
    return ModuleStore(MemoryStore())


def module(status: ModuleStatus) -> Module:
    return Module(ObjectMeta(name=NAME), status=status)


async def test_the_announcement_comes_first(store: ModuleStore) -> None:
    await store.create(module(ModuleStatus("node1", "pen-npm", service_ports=(ServicePort("pen-npm", 9005),))))
    await store.kv.put(endpoint_key(NAME), encode_endpoint(Endpoint("127.0.0.1:4711")))
    assert await locate(store, NAME) == "127.0.0.1:4711"


async def test_a_go_peer_is_where_its_module_says(store: ModuleStore) -> None:
    ports = (ServicePort("pen-collector", 10777), ServicePort("pen-npm", 9005))
    await store.create(module(ModuleStatus("node1", "pen-npm", service_ports=ports)))
    assert await locate(store, NAME) == "node1:9005"


@pytest.mark.parametrize(
    "status", [ModuleStatus(), ModuleStatus("node1", "m"), ModuleStatus("", "m", service_ports=())]
)
async def test_a_module_without_an_address_has_no_agent(store: ModuleStore, status: ModuleStatus) -> None:
    await store.create(module(status))
    with pytest.raises(NotFound, match="announced no address"):
        await locate(store, NAME)


async def test_no_module_is_not_found(store: ModuleStore) -> None:
    with pytest.raises(NotFound, match="module"):
        await locate(store, NAME)


def test_a_password_is_not_shown() -> None:
    assert "geheim" not in repr(Where(gateway_token="geheim", etcd=EtcdSettings(password="geheim")))


@pytest_asyncio.fixture
async def agent_address() -> AsyncIterator[str]:
    service = DiagnosticsService.with_defaults("pen-npm", "node1")
    async with service, DiagnosticsServer([service]) as server:
        yield server.address


class Files:
    """An authority, and the files of a server and of a client that it knows."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca, self.server, self.client, self.client_key = (
            str(folder / name) for name in ("ca.pem", "server.pem", "client.pem", "client.key")
        )
        authority.cert_pem.write_to_path(self.ca)
        authority.issue_cert("agent.test").private_key_and_cert_chain_pem.write_to_path(self.server)
        client = authority.issue_cert("operator.test")
        client.cert_chain_pems[0].write_to_path(self.client)
        client.private_key_pem.write_to_path(self.client_key)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("tls"))


async def test_tls_both_ways(files: Files) -> None:
    service = DiagnosticsService.with_defaults("pen-npm", "node1")
    context = server_ssl(files.server, files.server, files.ca)
    async with service, DiagnosticsServer([service], ssl=context) as server:
        ask = ("stats", NAME, "cmdline", "--address", server.address, "--tls-ca", files.ca, "--timeout", "5")
        mine = ("--tls-cert", files.client, "--tls-key", files.client_key)
        assert (await corvo(*ask, *mine, "--tls-hostname", "agent.test")).code == 0
        wrong_name = await corvo(*ask, *mine, "--tls-hostname", "other.test")
        assert wrong_name.code == 5
        assert "other.test" in wrong_name.err
        assert (await corvo(*ask, "--tls-hostname", "agent.test")).code in (4, 5)


async def test_a_socket_is_asked_without_the_tls_that_is_meant_for_a_gateway(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORVO_TLS_CA", files.ca)
    service = DiagnosticsService.with_defaults("pen-npm", "node1")
    async with service, DiagnosticsServer([service], f"unix:{tmp_path}/s") as server:
        assert (await corvo("stats", NAME, "cmdline", "--address", server.address)).code == 0


async def test_a_certificate_without_its_key_is_wrong_usage(files: Files) -> None:
    outcome = await corvo("stats", NAME, "--address", "127.0.0.1:1", "--tls-cert", files.client)
    assert outcome.code == 2


async def test_a_file_says_where_to_look(agent_address: str, tmp_path: Path) -> None:
    file = tmp_path / "corvo.toml"
    file.write_text(f'address = "{agent_address}"\ntimeout = 5\nmodule = "pen-npm"\ngrpc-listen = "127.0.0.1:0"')
    assert (await corvo("stats", NAME, "cmdline", "--config", str(file))).code == 0


async def test_the_command_line_and_the_environment_outrank_the_file(
    agent_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "corvo.toml"
    file.write_text('address = "127.0.0.1:1"\netcd = ["http://127.0.0.1:1", "http://127.0.0.1:2"]')
    monkeypatch.setenv("CORVO_CONFIG", str(file))
    assert (await corvo("stats", NAME, "cmdline")).code == 4
    assert (await corvo("stats", NAME, "cmdline", "--address", agent_address)).code == 0
    monkeypatch.setenv("CORVO_ADDRESS", agent_address)
    assert (await corvo("stats", NAME, "cmdline")).code == 0
    assert "127.0.0.1:1" in (await corvo("modules", "list")).err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('adress = "x"', "adress: unknown key; valid: address"),
        ("address = { host = 1 }", "address: must be text"),
        ('timeout = "soon"', "corvo.toml: timeout: not a duration"),
        ("address", "config: not TOML"),
    ],
)
async def test_a_mistake_in_the_file_is_named(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "corvo.toml"
    file.write_text(content)
    outcome = await corvo("stats", NAME, "--config", str(file))
    assert outcome.code == 2
    assert words in outcome.err
