"""What a command needs of the place where it looks. Commands do not know which place that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

from ...diagnostics.client.peer_kind import PeerKind

if TYPE_CHECKING:
    # Only named here: what a client needs takes a quarter of a second to import.
    from ...diagnostics.client.typed_client import TypedClient
    from ...modules.access import ModuleAccess
    from ...overview.measuring import Measured


class Backend(Protocol):
    """Modules and their agents. Connections are made when they are needed and kept while it is open."""

    @property
    def has_modules(self) -> bool:
        """Whether there are Module objects."""
        ...

    @property
    def modules(self) -> ModuleAccess:
        """The Module objects. Raises ConfigError where there are none."""
        ...

    async def peer_kind(self, name: str) -> PeerKind:
        """Who answers for the Module ``name``, of which no agent has announced itself."""
        ...

    async def measured(self, names: Sequence[str]) -> Mapping[str, Measured | None] | None:
        """What the agents of ``names`` say, errors of the last ten minutes included, from one that asks them for all.

        None where there is none that does: then each is to be asked.
        """
        ...

    def agent(self, name: str) -> AbstractAsyncContextManager[TypedClient]:
        """The agent of the Module ``name``.

        Entering raises NotFound when no agent has announced it; calls raise what those of ``DiagnosticsClient`` do.
        """
        ...
