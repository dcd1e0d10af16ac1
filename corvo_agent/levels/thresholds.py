"""Which number a record of a named logger has to reach: names inherit along their dots, as in ``logging``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

#: Names remembered per Thresholds; a process with more logger names than that forgets all and starts again.
REMEMBERED_NAMES = 4096


class Thresholds:
    """Numbers by logger name, "" being the root; the nearest named ancestor decides, 0 when there is none.

    Immutable: a change of levels is a new Thresholds, so that a thread that holds one sees all of a change or nothing.
    """

    __slots__ = ("_known", "levels", "lowest")

    def __init__(self, levels: Mapping[str, int]) -> None:
        # Plain ints: comparing with members of an IntEnum takes longer, and these end up in other people's loggers.
        plain = {name: int(level) for name, level in levels.items()}
        self.levels: Mapping[str, int] = MappingProxyType(plain)
        #: The smallest number that any logger needs: records below it are dropped everywhere.
        self.lowest = min(plain.values()) if "" in plain else 0
        # Filled by readers on any thread without a lock: entries are only ever equal, and losing some is harmless.
        self._known = dict(plain)

    def of(self, name: str) -> int:
        """The number for the logger ``name``."""
        try:
            return self._known[name]
        except KeyError:
            return self._learn(name)

    def _learn(self, name: str) -> int:
        number = self.levels.get("", 0)
        parent = name
        while parent:
            if parent in self.levels:
                number = self.levels[parent]
                break
            parent = parent.rpartition(".")[0]
        if len(self._known) >= REMEMBERED_NAMES + len(self.levels):
            self._known = dict(self.levels)
        self._known[name] = number
        return number

    def over(self, lower: Thresholds, root: int) -> Thresholds:
        """These, put over ``lower``: they decide, also for the loggers that ``lower`` alone names.

        A logger that ``lower`` made quieter than its parent stays at least as quiet, unless it is named here. ``root``
        is the level of the root where ``lower`` does not name it.
        """
        levels = dict(self.levels)
        for name, own in lower.levels.items():
            if name in levels:
                continue
            number = self.of(name)
            above = lower.of(name.rpartition(".")[0]) or root
            levels[name] = max(own, number) if not number or own > above else number
        return Thresholds(levels)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thresholds) and self.levels == other.levels

    def __hash__(self) -> int:
        return hash(frozenset(self.levels.items()))

    def __repr__(self) -> str:
        return f"Thresholds({dict(self.levels)})"


def merge(parts: Iterable[Thresholds]) -> Thresholds:
    """One Thresholds of several; where two name the same logger the later one counts."""
    levels: dict[str, int] = {}
    for part in parts:
        levels.update(part.levels)
    return Thresholds(levels)
