"""Who answers is told by how it refuses a query that there is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.client.peer_kind import PeerKind, peer_kind
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from tests.foreign_peer import Messages, foreign
from tests.original_peer import Original

NAME = "node1-pen-npm"


async def kind_at(address: str) -> PeerKind:
    async with DiagnosticsClient(address) as client:
        return await peer_kind(client, NAME)


async def test_a_process_of_the_original(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with foreign(Original(Messages(tmp_path_factory.mktemp("protos")))) as address:
        assert await kind_at(address) is PeerKind.ORIGINAL


async def test_an_agent_of_ours_unless_it_is_that_of_another_module(tmp_path: Path) -> None:
    service = DiagnosticsService.with_defaults("pen-npm", "node1", log_file=str(tmp_path / "log"))
    service.name = NAME
    async with service, DiagnosticsServer([service]) as server:
        assert await kind_at(server.address) is PeerKind.CORVO
        service.name = "node2-pen-npm"
        assert await kind_at(server.address) is PeerKind.NONE


async def test_nothing_at_all() -> None:
    assert await kind_at("127.0.0.1:1") is PeerKind.NONE
