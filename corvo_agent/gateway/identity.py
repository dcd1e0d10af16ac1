"""Which gateway it is that answers: several may serve one store, and each keeps some things for itself."""

from __future__ import annotations

import platform
import secrets
from dataclasses import dataclass, field

from .._version import __version__
from ..clock import SYSTEM_CLOCK, Clock
from ..timestamps import format_millis


@dataclass(frozen=True, slots=True)
class GatewayIdentity:
    """One run of a gateway: ``id`` is the machine's name and some random digits; ``started`` is wall time in ns."""

    id: str = field(default_factory=lambda: f"{platform.node() or 'gateway'}-{secrets.token_hex(3)}")
    version: str = __version__
    started: int = field(default_factory=SYSTEM_CLOCK.time_ns)

    @classmethod
    def of(cls, clock: Clock) -> GatewayIdentity:
        """A new one, started now by ``clock``."""
        return cls(started=clock.time_ns())

    def as_json(self) -> dict[str, object]:
        """The same in JSON types."""
        return {"id": self.id, "version": self.version, "started": format_millis(self.started)}
