"""How busy a process was between two questions of the same asker, whoever else asks meanwhile."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable

# Seconds that a percentage is about at least, and readings that are kept to find one that is so old.
_WINDOW, _REMEMBERED = 1.0, 16
_ASKERS = 64


class CpuShares:
    """Remembers what each of the last 64 askers was told. For any thread."""

    def __init__(self) -> None:
        # When, in seconds, and the processor seconds by then.
        self._told: OrderedDict[Hashable, deque[tuple[float, float]]] = OrderedDict()

    def percent(self, asker: Hashable, now: float, busy: float, since: tuple[float, float]) -> float:
        """Of one processor since the last question of ``asker`` that is a second ago at least.

        Who asks more often would hear of moments. ``busy`` are the processor seconds used until ``now``; the first
        question is answered for the time since ``since``: the same two figures of that moment.
        """
        # One step each: a reading that another thread loses makes the time longer that the next answer is about.
        read = self._told.pop(asker, None) or deque([since], maxlen=_REMEMBERED)
        self._told[asker] = read
        while len(self._told) > _ASKERS:
            self._told.popitem(last=False)
        then, used = next((each for each in reversed(read) if now - each[0] >= _WINDOW), read[0])
        if now - read[-1][0] >= _WINDOW / 4:
            read.append((now, busy))
        return round(100 * (busy - used) / max(now - then, 0.01), 1)
