"""One agent at an address that the person knows."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

from ...diagnostics.client.payload_client import PayloadClient
from ...diagnostics.client.peer_kind import PeerKind, peer_kind
from ...errors import ConfigError
from ...modules.access import ModuleAccess


class AddressBackend:
    """Calls the agent at ``address``, which refuses when its Module is another; ``dial`` makes a client of both."""

    has_modules = False

    def __init__(self, address: str, dial: Callable[[str, str], PayloadClient]) -> None:
        self._address = address
        self._dial = dial
        self._name: str | None = None

    @property
    def modules(self) -> ModuleAccess:
        """There are none."""
        reason = f"{self._address} is one agent and knows no Module objects: give --gateway URL or --etcd URL"
        raise ConfigError("--address", None, reason)

    async def peer_kind(self, name: str) -> PeerKind:
        """Who answers at the address."""
        async with self.agent(name) as client:
            return await peer_kind(client, name)

    async def measured(self, names: Sequence[str]) -> None:
        """Each agent is asked."""

    @asynccontextmanager
    async def agent(self, name: str) -> AsyncGenerator[PayloadClient]:
        """The one agent. Raises ConfigError when it is to be two."""
        if self._name not in (None, name):
            reason = f"{self._address} is one agent: name one module, or give --gateway URL or --etcd URL"
            raise ConfigError("--address", None, reason)
        # Remembered: asked for two modules it would answer for both, and one answer would be wrong.
        self._name = name
        async with self._dial(self._address, name) as client:
            yield client
