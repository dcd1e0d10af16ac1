"""One agent at an address: whatever the module is called, but only one, and no objects."""

from __future__ import annotations

import pytest

from corvo_agent.cli.backends.address import AddressBackend
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import ConfigError


async def test_it_is_asked_under_any_one_name() -> None:
    async with DiagnosticsService.with_defaults("pen-npm", "node1") as service, DiagnosticsServer([service]) as server:
        backend = AddressBackend(server.address, DiagnosticsClient)
        for _ in range(2):
            async with backend.agent("any-name") as client:
                assert "cpustats" in await client.stats()
        with pytest.raises(ConfigError, match="is one agent: name one module"):
            async with backend.agent("other-name"):
                pytest.fail("it is another agent")


def test_it_has_no_objects() -> None:
    backend = AddressBackend("127.0.0.1:1", DiagnosticsClient)
    assert not backend.has_modules
    with pytest.raises(ConfigError, match=r"--gateway URL or --etcd URL"):
        _ = backend.modules
