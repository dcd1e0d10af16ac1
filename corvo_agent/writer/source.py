"""The interface of sources: what the writer asks of something that knows what runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from ..modules.model import ModuleStatus


@dataclass(frozen=True, slots=True)
class Present:
    """The module ``name`` runs. Empty fields of ``status`` are unknown to the source and are left alone.

    ``known`` names those that it does know, so that they are written when they are empty, too.
    """

    name: str
    status: ModuleStatus
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Gone:
    """The module ``name`` has ended and is not expected back: the writer removes its object."""

    name: str


@dataclass(frozen=True, slots=True)
class Complete:
    """Everything that runs has been told since the stream began: what was not told is gone."""


#: What a source tells the writer, one after another.
SourceEvent = Present | Gone | Complete


class ModuleSource(Protocol):
    """Knows what runs somewhere: a cluster, a machine, a file. ``KubernetesSource`` and ``SystemdSource`` are two."""

    @property
    def name(self) -> str:
        """Its label: written into the objects that come from it, so that they are found again after a restart."""
        ...

    def events(self) -> AsyncGenerator[SourceEvent]:
        """All that runs, then ``Complete``, then changes, for as long as the connection lasts.

        An async generator, closed by the writer. Raises a CorvoError when the source cannot be followed any longer;
        the writer begins again with a new stream after a while.
        """
        ...
