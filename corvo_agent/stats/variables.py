"""Variables that can be published: each gives its value as one JSON text when a Stats query asks.

The locks are reentrant, because the garbage collector may run a finalizer in the midst of a change, and that finalizer
may count something, too. A plain lock would then wait for itself.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import orjson

from ..errors import InvalidArgument, ResourceExhausted, shorten
from ..secrets import mask_json_text

N = TypeVar("N", int, float)

#: Variables of one registry, and keys of one Map.
MAX_VARIABLES = MAX_KEYS = 10_000
#: Where a Map that is full counts what it had to leave out.
DROPPED = "corvo.dropped"


@runtime_checkable
class Variable(Protocol):
    """What a registry publishes: an object with ``to_json``. It is called from any thread, for each Stats query."""

    def to_json(self) -> str:
        """The value as JSON text. What it raises is shown in its place; the other variables are not affected."""
        ...


class _Number(Generic[N]):
    """What ``Int`` and ``Float`` have in common: a value that many threads may change at once."""

    __slots__ = ("_lock", "_value", "is_gauge")

    def __init__(self, value: N) -> None:
        self._lock = threading.RLock()
        self._value: N = value
        #: Whether it was ever set: only what is counted up and down can be added up over several processes.
        self.is_gauge = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._value})"

    @property
    def value(self) -> N:
        """The number now."""
        return self._value

    def set(self, value: N) -> None:
        """Forget what it was."""
        with self._lock:
            self._value = value
            self.is_gauge = True

    def add(self, delta: N) -> None:
        """Add ``delta``, which may be negative."""
        with self._lock:
            self._value += delta

    def forked(self) -> None:
        """In a forked child, before anything else uses it: a thread that the parent has may have held its lock."""
        self._lock = threading.RLock()


class Int(_Number[int]):
    """A counter or gauge: a whole number of any size, beginning at ``value``. Safe to use from many threads."""

    __slots__ = ()

    def __init__(self, value: int = 0) -> None:
        super().__init__(value)

    def increment(self) -> None:
        """Add one."""
        self.add(1)

    def to_json(self) -> str:
        """The number."""
        return str(self._value)


class Float(_Number[float]):
    """A gauge: a number with a fraction, beginning at ``value``. Safe to use from many threads."""

    __slots__ = ()

    def __init__(self, value: float = 0.0) -> None:
        super().__init__(value)

    def to_json(self) -> str:
        """The number, see ``number_text``."""
        return number_text(self._value)


class String:
    """A text; set ``value`` to replace it. Safe to use from many threads."""

    __slots__ = ("value",)

    def __init__(self, value: str = "") -> None:
        #: The text now.
        self.value = value

    def __repr__(self) -> str:
        return f"String({self.value!r})"

    def to_json(self) -> str:
        """The text in quotes."""
        return quoted(self.value)


class Func:
    """The result of ``function``, called anew for each answer and in any thread; it returns what JSON can hold."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function

    def __repr__(self) -> str:
        return f"Func({self.function!r})"

    def to_json(self) -> str:
        """The result, compact. Raises what the function raises, and TypeError for what JSON cannot hold."""
        return orjson.dumps(self.function(), option=orjson.OPT_NON_STR_KEYS).decode()


class Map:
    """Numbers and other variables by name, at most ``limit`` of them. Safe to use from many threads.

    Counting under one name more than that changes only the count ``corvo.dropped``: the code that
    counts does other work and must not fail because of it.
    """

    def __init__(self, limit: int = MAX_KEYS) -> None:
        self._lock = threading.RLock()
        self._limit = limit
        self._entries: dict[str, int | float | Variable] = {}
        # Numbers that were set rather than counted.
        self._gauges: set[str] = set()
        self._dropped = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.to_json()}>"

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, key: str) -> int | float | Variable:
        return self._entries[key]

    def add(self, key: str, delta: int | float) -> None:
        """Add to the number ``key``, which begins at 0. Raises InvalidArgument when it is no number."""
        with self._lock:
            value = self._entries.get(key)
            if value is None:
                self._create(key, delta)
            elif isinstance(value, int | float):
                self._entries[key] = value + delta
            else:
                raise InvalidArgument(key, None, "is a variable of its own, not a number of this map")

    def increment(self, key: str) -> None:
        """Add one to the number ``key``."""
        self.add(key, 1)

    def set(self, key: str, value: int | float | Variable) -> None:
        """Put ``value`` in the place of what was there. Raises ResourceExhausted when the map is full."""
        with self._lock:
            if key not in self._entries and len(self._entries) >= self._limit:
                raise ResourceExhausted("keys of a map", self._limit)
            self._entries[key] = value
            self._gauges.add(key)

    def discard(self, key: str) -> None:
        """Forget ``key``, if it is there."""
        with self._lock:
            self._entries.pop(key, None)
            self._gauges.discard(key)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._gauges.clear()
            self._dropped = 0

    def counts(self) -> dict[str, int | float]:
        """Its numbers that only ``add`` has changed. Takes no lock."""
        entries = self._entries.copy()
        return {
            key: value for key, value in entries.items() if isinstance(value, int | float) and key not in self._gauges
        }

    def forked(self) -> None:
        """In a forked child, before anything else uses it: a thread that the parent has may have held its lock."""
        self._lock = threading.RLock()

    def to_json(self) -> str:
        """One JSON object, by name, with a space behind each colon and comma as Go's expvar writes maps."""
        with self._lock:
            entries = self._entries.copy()
            if self._dropped:
                entries[DROPPED] = self._dropped
        # Outside the lock: a variable in it may take long, or locks of its own.
        return "{" + ", ".join(f"{quoted(key)}: {_entry_text(value)}" for key, value in sorted(entries.items())) + "}"

    def _create(self, key: str, value: int | float) -> None:
        if len(self._entries) < self._limit:
            self._entries[key] = value
        else:
            self._dropped += 1


def render(variable: Variable) -> str:
    """The JSON text of ``variable``; when it raises, an object whose ``error`` says what, so that the rest is seen."""
    try:
        return variable.to_json()
    except Exception as error:
        return error_text(f"{type(error).__name__}: {error}")


def shown(name: str, variable: Variable) -> str:
    """What leaves the process of the ``variable`` called ``name``: as ``render``, with secrets masked."""
    return mask_json_text(render(variable), name)


def error_text(reason: str) -> str:
    """The JSON object that is shown in place of a value that could not be read."""
    return f'{{"error":{quoted(shorten(reason, 500))}}}'


def number_text(value: int | float) -> str:
    """A number as Go writes it: 2 rather than 2.0. What JSON has no number for is a text, as in protobuf's JSON."""
    if isinstance(value, int):
        # A bool is an int, too, and an IntEnum has a text of its own.
        return str(int(value))
    if math.isfinite(value):
        return repr(value).removesuffix(".0")
    return '"NaN"' if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'


def _entry_text(value: int | float | Variable) -> str:
    return number_text(value) if isinstance(value, int | float) else render(value)


def quoted(text: str) -> str:
    """``text`` as a JSON string."""
    # Lone surrogates come from file names that are no UTF-8, and orjson refuses them.
    return orjson.dumps(text.encode("utf-8", "replace").decode()).decode()
