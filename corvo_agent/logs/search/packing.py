"""How a search keeps what it found: encoded as it is found, in a fifth of the memory that the records take."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..lines.record import Record


@dataclass(frozen=True, slots=True)
class Part:
    """So many neighbouring records, encoded."""

    count: int
    data: bytes


class Packing:
    """Encodes records with ``encode``, and says to ``grow`` how many bytes more, or fewer, are held for them.

    ``grow`` may raise, which ends the search; it is called in the thread that the search runs in. ``decode`` makes
    records of what ``encode`` made: those of several logs are merged by their times.
    """

    def __init__(
        self,
        encode: Callable[[list[Record]], bytes],
        decode: Callable[[bytes], list[Record]],
        grow: Callable[[int], None],
    ) -> None:
        self._encode = encode
        self._decode = decode
        self._grow = grow
        #: Bytes that are held now.
        self.held = 0

    def hold(self, size: int) -> None:
        """``size`` bytes more are held, or fewer."""
        self.held += size
        self._grow(size)

    def pack(self, records: list[Record]) -> Part:
        """``records``, which may be let go of then."""
        part = Part(len(records), self._encode(records))
        self.hold(len(part.data))
        return part

    def unpack(self, parts: list[Part]) -> Iterator[Record]:
        """The records of ``parts``, each of which is let go of when its turn comes."""
        left = deque(parts)
        parts.clear()
        while left:
            part = left.popleft()
            self.hold(-len(part.data))
            yield from self._decode(part.data)
