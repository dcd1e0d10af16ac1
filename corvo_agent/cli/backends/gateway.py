"""Module objects and agents behind a gateway."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ...diagnostics.client.peer_kind import PeerKind
from ...modules.access import ModuleAccess
from ...rest_client.agent import RestAgent
from ...rest_client.modules import RestModules
from ...rest_client.transport import Transport


class GatewayBackend:
    """Everything over ``transport``, which its owner enters and leaves. The gateway finds the agents."""

    has_modules = True

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._modules = RestModules(transport)
        self.modules: ModuleAccess = self._modules

    async def peer_kind(self, name: str) -> PeerKind:
        """What the gateway finds out."""
        return await self._modules.peer_kind(name)

    @asynccontextmanager
    async def agent(self, name: str) -> AsyncGenerator[RestAgent]:
        """The agent of ``name``; whether there is one shows when it is asked."""
        yield RestAgent(self._transport, name)
