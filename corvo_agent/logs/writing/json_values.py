"""Turns any Python value into what JSON can hold, within bounds and without ever raising.

orjson writes the result. What it would refuse or lose (NaN, integers past 64 bits, bytes, sets, circles) becomes text.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

#: Deeper than this only the type of a value is written.
MAX_DEPTH = 16
#: Values inside the containers of one line; what comes after them is left out and said so.
MAX_ITEMS = 2000
_MAX_KEY = 256
_CONSTANTS = {None: "null", True: "true", False: "false"}
_INT_MIN, _INT_MAX = -(2**63), 2**64 - 1


def cut(text: str, limit: int) -> str:
    """``text``, or its first ``limit`` characters with a mark that says how many were left out."""
    return text if len(text) <= limit else f"{text[:limit]}...[{len(text) - limit} characters more]"


def text_of(value: object, limit: int) -> str:
    """``str(value)`` cut to ``limit``; when that raises, what raised instead of it."""
    try:
        return cut(str(value), limit)
    except Exception as error:
        return f"<{type(value).__name__}: {type(error).__name__} when turned into text>"


def error_text(error: BaseException, limit: int) -> str:
    """``Type: text``, or the type alone when the error has no text."""
    text = text_of(error, limit)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def duration_text(duration: datetime.timedelta) -> str:
    """A duration as Go writes it: ``1h0m1.5s``, ``52.865ms``, ``865µs``, ``0s``."""
    microseconds = abs(duration) // datetime.timedelta(microseconds=1)
    sign = "-" if duration < datetime.timedelta() else ""
    if microseconds == 0:
        return "0s"
    if microseconds < 1000:
        return f"{sign}{microseconds}µs"
    if microseconds < 1_000_000:
        return f"{sign}{_fraction(microseconds, 1000)}ms"
    minutes, rest = divmod(microseconds, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{text}{_fraction(rest, 1_000_000)}s"


def _fraction(value: int, unit: int) -> str:
    whole, part = divmod(value, unit)
    digits = str(unit + part)[1:].rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


class PlainValues:
    """Conversions for one line: keeps count of values and characters, so that many, wide and deep ones stay bounded.

    A string keeps at most ``limit`` characters, all together at most ``room``. ``default`` is asked first for what JSON
    has no form for; what it refuses by a TypeError is turned into text here.
    """

    def __init__(self, limit: int, room: int, default: Callable[[Any], Any] | None = None) -> None:
        self._default = default
        self._limit = limit
        self._room = room
        self._items = MAX_ITEMS

    def plain(self, value: object, path: tuple[int, ...] = ()) -> Any:
        """``value`` as JSON types; ``path`` holds the identities of what it lies in, to see circles."""
        try:
            return self._convert(value, path)
        except Exception as error:
            # A mapping or property of the application raised, or another thread changed the value meanwhile.
            return f"<{type(value).__name__}: {type(error).__name__} when read>"

    def _convert(self, value: object, path: tuple[int, ...]) -> Any:
        if value is None or value is True or value is False:
            return value
        # Before str and int: members of StrEnum and IntEnum are both, and mean their value.
        if isinstance(value, enum.Enum):
            return self.plain(value.value, path)
        if isinstance(value, str):
            return self._text(str(value))
        if isinstance(value, int):
            return int(value) if _INT_MIN <= value <= _INT_MAX else self._big(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else _not_finite(value)
        return self._convert_object(value, path)

    def _convert_object(self, value: object, path: tuple[int, ...]) -> Any:
        if self._default is not None and not isinstance(value, dict | list | tuple) and len(path) < MAX_DEPTH:
            try:
                made = self._default(value)
                if made is not value:
                    # What comes of it may be anything again; the path grows, so that it ends.
                    return self.plain(made, (*path, 0))
            except TypeError:
                pass
        if isinstance(value, bytes | bytearray | memoryview):
            return self._bytes(value)
        if isinstance(value, datetime.timedelta):
            return duration_text(value)
        if isinstance(value, datetime.datetime):
            return _time_text(value)
        if isinstance(value, BaseException):
            return self._text(error_text(value, self._limit))
        if id(value) in path:
            return f"<circular {type(value).__name__}>"
        if len(path) >= MAX_DEPTH:
            # Not its text: that of a large tree would be made whole before it could be cut.
            return f"<{type(value).__name__} too deep>"
        return self._container(value, (*path, id(value)))

    def _container(self, value: object, path: tuple[int, ...]) -> Any:
        if isinstance(value, Mapping):
            return self._mapping(value.items(), len(value), path)
        if isinstance(value, list | tuple | set | frozenset | deque):
            return self._sequence(value, len(value), path)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            # Not asdict, which copies the whole tree before any bound could stop it.
            names = [field.name for field in dataclasses.fields(value)]
            return self._mapping(((name, getattr(value, name)) for name in names), len(names), path)
        return self._text(text_of(value, self._limit))

    def _mapping(self, items: Iterable[tuple[object, object]], size: int, path: tuple[int, ...]) -> dict[str, Any]:
        room = self._take(size)
        result = {self._key(key): self.plain(item, path) for key, item in islice(items, room)}
        if size > room:
            result["..."] = f"{size - room} more"
        return result

    def _sequence(self, items: Iterable[object], size: int, path: tuple[int, ...]) -> list[Any]:
        room = self._take(size)
        result = [self.plain(item, path) for item in islice(items, room)]
        if size > room:
            result.append(f"... {size - room} more")
        return result

    def _take(self, wanted: int) -> int:
        room = min(wanted, self._items)
        self._items -= room
        return room

    def _text(self, text: str) -> str:
        limit = min(self._limit, self._room)
        self._room -= min(len(text), limit)
        return cut(text, limit)

    def _key(self, key: object) -> str:
        return self._text(key_text(key if isinstance(key, str) else self.plain(key)))

    def _bytes(self, value: bytes | bytearray | memoryview) -> str:
        limit = min(self._limit, self._room)
        text = bytes(value[:limit]).decode("utf-8", "backslashreplace")
        self._room -= min(len(text), self._room)
        return text if len(value) <= limit else f"{text}...[{len(value) - limit} bytes more]"

    def _big(self, value: int) -> str:
        # Decimal text of a huge number takes quadratic time and is refused by default past 4300 digits.
        bits = value.bit_length()
        return str(value) if bits <= 4096 else f"<integer of {bits} bits>"


def key_text(key: object) -> str:
    """A key of an object as the standard library's json would write it, cut to a sane length."""
    if key is None or key is True or key is False:
        return _CONSTANTS[key]
    return text_of(key, _MAX_KEY)


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _time_text(value: datetime.datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    text = value.astimezone(datetime.UTC).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"


def encodable(value: Any) -> Any:
    """``value`` with lone surrogates written as ``\\udc80``, which UTF-8 cannot hold, and what is no JSON as text."""
    if isinstance(value, str):
        return str(value).encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [encodable(item) for item in value]
    if isinstance(value, dict):
        return {encodable(key): encodable(item) for key, item in value.items()}
    # The range is that of integers: a float has none, and orjson writes each as the number that it is.
    if value is None or isinstance(value, float) or (isinstance(value, int) and _INT_MIN <= value <= _INT_MAX):
        return value
    return encodable(text_of(value, _MAX_KEY))
