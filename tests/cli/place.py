"""The places where the same command has to do the same."""

from __future__ import annotations

from dataclasses import dataclass

from corvo_agent.cli.settings.where import Where
from corvo_agent.gateway.app import Gateway
from corvo_agent.settings.etcd import EtcdSettings
from tests.cli.kit import Outcome, corvo
from tests.diagnostics.kit import until

PLACES = ("etcd", "gateway")


@dataclass(frozen=True)
class Place:
    """Where to look, as options say it; ``gateway`` is the one that is asked, if any."""

    options: tuple[str, str]
    gateway: Gateway | None = None

    def where(self) -> Where:
        """Where to look, as the commands themselves get it."""
        name, value = self.options
        return Where(etcd=EtcdSettings((value,))) if name == "--etcd" else Where(gateway=value)

    async def knows(self, revision: int) -> None:
        """Wait until it knows of the write that was made, behind its back, at ``revision``."""
        if self.gateway is not None:
            await self.gateway.cache.wait_for(revision, 60)

    async def knows_beside(self, revision: int) -> None:
        """Wait until it knows of the write, made at ``revision``, of what lies beside a module."""
        if self.gateway is not None:
            await self.gateway.endpoints.wait_for(revision, 60)

    async def finds(self, agent: str) -> None:
        """Wait until it knows where the agent of the module ``agent`` answers."""
        gateway = self.gateway
        if gateway is not None:
            await until(lambda: bool(gateway.endpoints.get(agent) and gateway.cache.get(agent)))

    async def corvo(self, *arguments: str, terminal: bool = False) -> Outcome:
        """Run a command that looks here."""
        return await corvo(*arguments, *self.options, terminal=terminal)
