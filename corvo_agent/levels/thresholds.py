"""Which number a record of a named logger has to reach: names inherit along their dots, as in ``logging``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from .level import Level
from .libraries import is_library

#: Names remembered per Thresholds; a process with more logger names than that forgets all and starts again.
REMEMBERED_NAMES = 1 << 16


class Thresholds:
    """Numbers by logger name, "" being the root; the nearest named ancestor decides, 0 when there is none.

    ``own_only`` keeps libraries (``is_library``) at Info where the root's number is below it; one that is named, or
    that stands below a named one, has that number all the same.

    Immutable: a change of levels is a new Thresholds, so that a thread that holds one sees all of a change or nothing.
    """

    __slots__ = ("_known", "levels", "lowest", "own_only")

    def __init__(self, levels: Mapping[str, int], *, own_only: bool = False) -> None:
        # Plain ints: comparing with members of an IntEnum takes longer, and these end up in other people's loggers.
        plain = {name: int(level) for name, level in levels.items()}
        self.levels: Mapping[str, int] = MappingProxyType(plain)
        #: Whether libraries are held back; nothing is to be held back at Info and above.
        self.own_only = own_only and plain.get("", Level.INFO) < Level.INFO
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

    def holds_back(self, name: str) -> bool:
        """Whether the logger ``name`` is kept at Info because it is a library's."""
        return self.own_only and not self._named(name) and is_library(name)

    def _named(self, name: str) -> str:
        """The nearest of ``name`` and the names above it that has a number of its own, "" for none."""
        while name and name not in self.levels:
            name = name.rpartition(".")[0]
        return name

    def _learn(self, name: str) -> int:
        number = int(Level.INFO) if self.holds_back(name) else self.levels.get(self._named(name), 0)
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
            if not number or own > above:
                levels[name] = max(own, number)
            elif self.holds_back(name):
                levels[name] = min(number, max(own, self.levels[""]))
            else:
                levels[name] = number
        return Thresholds(levels, own_only=self.own_only if "" in self.levels else lower.own_only)

    def with_louder(self, levels: Mapping[str, int]) -> Thresholds:
        """These, with libraries that their owner has made louder than Info left so, though no louder than the root."""
        if not self.own_only:
            return self
        louder = {name: max(level, self.levels[""]) for name, level in levels.items() if self.holds_back(name)}
        louder = {name: level for name, level in louder.items() if level < Level.INFO}
        return Thresholds({**louder, **self.levels}, own_only=True) if louder else self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thresholds) and (self.levels, self.own_only) == (other.levels, other.own_only)

    def __hash__(self) -> int:
        return hash(frozenset(self.levels.items()))

    def __repr__(self) -> str:
        return f"Thresholds({dict(self.levels)}{', own only' if self.own_only else ''})"


def merge(parts: Iterable[Thresholds]) -> Thresholds:
    """One Thresholds of several; where two name the same logger the later one counts."""
    levels: dict[str, int] = {}
    own_only = False
    for part in parts:
        levels.update(part.levels)
        own_only = own_only or part.own_only
    return Thresholds(levels, own_only=own_only)
