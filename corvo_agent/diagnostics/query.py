"""A Debug query and its answer, as handlers see them: no protobuf, no gRPC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_MARGIN = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class DebugQuery:
    """What was asked. ``query`` is as the caller wrote it; ``parameters`` are all text.

    ``timeout`` is the number of seconds that the caller is ready to wait, None when it did not say.
    """

    query: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    service_port: str = ""
    timeout: float | None = None

    @property
    def seconds(self) -> float | None:
        """How long a handler may take: its answer, or that there is none, has to reach the caller in ``timeout``."""
        return None if self.timeout is None else max(self.timeout - _MARGIN, self.timeout / 2)


@dataclass(frozen=True, slots=True)
class Payload:
    """The answer: a protobuf message already encoded, as it goes into ``Any.value``.

    ``type_url`` is ``type.googleapis.com/protos.Logs`` and the like, "" for no message at all (stats clear).
    """

    type_url: str = ""
    value: bytes = b""


NOTHING = Payload()
