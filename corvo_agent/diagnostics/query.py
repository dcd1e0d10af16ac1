"""A Debug query and its answer, as handlers see them: no protobuf, no gRPC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """What the value consists of, as it lies in memory."""
        return (self.value,)

    @property
    def size(self) -> int:
        """Bytes of the value."""
        return sum(map(len, self.pieces))


class PiecedPayload(Payload):
    """A large answer that was encoded piece by piece, and is sent so: joined it would be in memory twice."""

    __slots__ = ("_pieces",)

    def __init__(self, type_url: str, pieces: Iterable[bytes]) -> None:
        # Not by the constructor of a Payload, which would set the value.
        object.__setattr__(self, "type_url", type_url)
        object.__setattr__(self, "_pieces", tuple(pieces))

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """What the value consists of."""
        pieces: tuple[bytes, ...] = object.__getattribute__(self, "_pieces")
        return pieces

    @property
    def value(self) -> bytes:
        """The value as a whole, made anew each time."""
        return b"".join(self.pieces)


NOTHING = Payload()
