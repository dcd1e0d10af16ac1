"""Module objects and agents behind a gateway."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from ...diagnostics.client.peer_kind import PeerKind
from ...errors import NotFound, RemoteError
from ...modules.access import ModuleAccess
from ...overview.measuring import Measured
from ...overview.overview import measured_of
from ...rest_client.agent import RestAgent
from ...rest_client.modules import RestModules
from ...rest_client.transport import Transport

# Names that fit into an address; of more, all are asked for.
_NAMED = 500


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

    async def measured(self, names: Sequence[str]) -> Mapping[str, Measured | None] | None:
        """What the gateway knows or finds out; None from an older one."""
        query = [("measure", "true"), *(("name", name) for name in names if len(names) <= _NAMED)]
        try:
            found = await self._transport.call("GET", f"/statuses?{urlencode(query)}")
        except (NotFound, RemoteError):
            return None
        return {str(row.get("name")): measured_of(row) for row in found.get("items") or []}

    @asynccontextmanager
    async def agent(self, name: str) -> AsyncGenerator[RestAgent]:
        """The agent of ``name``; whether there is one shows when it is asked."""
        yield RestAgent(self._transport, name)
