"""The registry of published variables, by name, as Go's package expvar keeps them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TypeVar

from ..errors import AlreadyExists, InvalidArgument, ResourceExhausted
from .counters import Count, count_of, less
from .histogram import Histogram
from .variables import MAX_VARIABLES, Float, Int, Map, Variable, render

#: The variable that holds every histogram, as in the original.
HISTOGRAMS = "histograms"
#: The kind of debug stats that are given none.
DEFAULT_KIND = "debugstats"

V = TypeVar("V", bound=Variable)


class DebugStats(Map):
    """The counters of one instance (a connection, a queue), published together under ``name``.

    They are a ``Map``; unlike other variables they are emptied by the Stats query's action ``clear``.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class ExpvarRegistry:
    """Variables by name: ``requests = registry.publish("requests", Int())``. Safe to use from many threads.

    ``limit`` bounds their number.
    """

    def __init__(self, limit: int = MAX_VARIABLES) -> None:
        # Reentrant for the same reason as the locks of the variables.
        self._lock = threading.RLock()
        self._limit = limit
        self._variables: dict[str, Variable] = {}

    def __repr__(self) -> str:
        return f"<ExpvarRegistry {' '.join(self.names)}>"

    @property
    def names(self) -> tuple[str, ...]:
        """The published names, sorted."""
        return tuple(sorted(self._variables))

    def publish(self, name: str, variable: V) -> V:
        """Let ``variable``, which is returned, answer for ``name``.

        Raises AlreadyExists when the name is taken, InvalidArgument for an empty name or an object that is no
        variable, ResourceExhausted when the registry is full.
        """
        if not name:
            raise InvalidArgument("expvar", name, "it has no name")
        if not isinstance(variable, Variable):
            raise InvalidArgument(f"expvar {name}", variable, "it has no to_json")
        with self._lock:
            if name in self._variables:
                raise AlreadyExists("expvar", name)
            if len(self._variables) >= self._limit:
                raise ResourceExhausted("published variables", self._limit)
            self._variables[name] = variable
        return variable

    def remove(self, name: str) -> None:
        """Stop publishing ``name``; nothing happens when it was not published."""
        with self._lock:
            self._variables.pop(name, None)

    def debug_stats(self, instance: str, kind: str = DEFAULT_KIND) -> DebugStats:
        """The counters ``KIND_INSTANCE`` (":" becomes "_"), published at the first call.

        Raises AlreadyExists when the name belongs to something else, and what ``publish`` raises.
        """
        name = f"{kind}_{instance.replace(':', '_')}"
        with self._lock:
            found = self._variables.get(name)
            return found if isinstance(found, DebugStats) else self.publish(name, DebugStats(name))

    def histogram(self, name: str) -> Histogram:
        """The histogram ``name``, made at the first call; all of them are published together as ``histograms``.

        Raises AlreadyExists when ``histograms`` is something else, ResourceExhausted when there are too many.
        """
        with self._lock:
            shared = self._variables.get(HISTOGRAMS)
            histograms = shared if isinstance(shared, Map) else self.publish(HISTOGRAMS, Map())
            try:
                found = histograms[name]
            except KeyError:
                found = None
            if not isinstance(found, Histogram):
                found = Histogram()
                histograms.set(name, found)
            return found

    def clear(self) -> None:
        """Empty all debug stats; other variables keep their values, as in the original."""
        for variable in self.variables().values():
            if isinstance(variable, DebugStats):
                variable.clear()

    def variables(self) -> dict[str, Variable]:
        """What is published now, by name."""
        with self._lock:
            return self._variables.copy()

    def counts(self, since: Mapping[str, Count] | None = None) -> dict[str, Count]:
        """What of the variables is a count, by name; with ``since``, an earlier answer, what was counted after it."""
        found = ((name, count_of(variable)) for name, variable in self.variables().items())
        return {name: less(count, since.get(name) if since else None) for name, count in found if count is not None}

    def forked(self) -> None:
        """In a forked child, before anything else uses it: threads that the parent has may have held the locks."""
        self._lock = threading.RLock()
        for variable in self._variables.values():
            if isinstance(variable, Int | Float | Map):
                variable.forked()

    def get(self, name: str) -> str | None:
        """The JSON text of one variable, None when there is none of that name. Never raises, see ``render``."""
        variable = self._variables.get(name)
        return None if variable is None else render(variable)
