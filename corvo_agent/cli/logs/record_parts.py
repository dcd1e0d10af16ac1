"""What of a record is its time, its message, its stack traces, and what is left: in every dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...logs.dialects.fields import LEVEL_KEYS, TIME_KEYS, Field, keys_of, lookup
from ...logs.dialects.json_text import to_text
from ...logs.dialects.severity import Scale, of_value, of_word
from ...logs.dialects.times import NO_ZONE, TimeReader
from ...logs.lines.line_time import time_key
from ...logs.lines.marker import LEVEL
from ...logs.lines.parts import find_caller, first_keys, with_objects
from ...timestamps import format_rfc3339

_STAMP = "@timestamp"
_MILLI = 10**6
_MESSAGES, _STACKS = keys_of(Field.MESSAGE), keys_of(Field.STACK)
_LEVELS = tuple(LEVEL_KEYS)
_OPENED = first_keys((*_MESSAGES, *_STACKS, *keys_of(Field.CALLER), *(key for key, _ in _LEVELS), *TIME_KEYS))
_LEVEL_NAMES, _TIME_NAMES = first_keys(key for key, _ in _LEVELS), first_keys(TIME_KEYS)


@dataclass(slots=True)
class RecordParts:
    """The parts of one record.

    Args:
        time: the time as the record has it, "" without one; ``moment`` in nanoseconds since the epoch.
        message: the text of the message, which may have several lines.
        stacks: the stack traces, each of several lines.
        on_request: what is told only when it is asked for, by the names of ``ON_REQUEST``.
        fields: everything else, except what says the level or the time once more.
    """

    time: str
    moment: int | None
    message: str
    stacks: list[str]
    on_request: dict[str, str]
    fields: dict[str, str]

    @classmethod
    def of(cls, record: Mapping[str, str]) -> RecordParts:
        """The parts of ``record``. Never raises on what a line holds."""
        left = with_objects(record, _OPENED)
        key = time_key(record)
        time = record[key] if key is not None else ""
        moment = TimeReader(NO_ZONE).read(time) if time else None
        if key is not None:
            # The agent adds the contract's own time to every line that has one: the time is not said twice.
            for name in (key, _STAMP):
                left.pop(name, None)
            _drop_times(left, moment)
        _drop_levels(left, record)
        message = _take_first(left, _MESSAGES)
        stacks = [text for text in (_take_text(left, each, several=True) for each in _STACKS) if text]
        on_request = _on_request(left)
        fields = {name: value if type(value) is str else to_text(value) for name, value in left.items()}
        return cls(time, moment, message, stacks, on_request, fields)

    def time_text(self, *, local: bool) -> str:
        """The time as the record has it, or in the zone of this machine."""
        if not local or self.moment is None:
            return self.time
        seconds, rest = divmod(self.moment, 10**9)
        moment = datetime.fromtimestamp(seconds, UTC).astimezone()
        return f"{moment:%Y-%m-%dT%H:%M:%S}{format_rfc3339(rest)[19:-1]}{moment.isoformat()[19:]}"


def _drop_times(left: dict[str, Any], moment: int | None) -> None:
    """Take out what says the time of the line once more."""
    if _TIME_NAMES.isdisjoint(left):
        return
    times = TimeReader(NO_ZONE)
    for key in TIME_KEYS:
        value = lookup(left, key)
        if value and moment is not None and (found := times.read(value)) is not None and abs(found - moment) < _MILLI:
            _take(left, key)


def _drop_levels(left: dict[str, Any], record: Mapping[str, str]) -> None:
    """Take out the level that stands before the line, and what says the same under other keys."""
    word = left.pop(LEVEL, None)
    severity = of_word(word or record.get("level", ""))
    written = left.get("level")
    # Where another key gave the level, what stands under this one is something else, and stays.
    if word is None or any(of_value(written, scale) is severity for scale in Scale):
        left.pop("level", None)
    if severity is None or _LEVEL_NAMES.isdisjoint(left):
        return
    for key, scale in _LEVELS:
        value = lookup(left, key)
        if value is not None and of_value(value, scale) is severity:
            _take(left, key)


def _on_request(left: dict[str, Any]) -> dict[str, str]:
    """Take out what is told only on request."""
    found: dict[str, str] = {}
    caller = _take_caller(left)
    if caller:
        found["caller"] = caller
    for key in ("module", "pid"):
        if type(value := left.pop(key, None)) is str:
            found[key] = value
    source = left.get("source")
    if type(source) is str:
        found["source"] = left.pop("source")
        found["file"] = source.rpartition("/")[2]
    return found


def _take_caller(left: dict[str, Any]) -> str:
    """Take out where in the code a line was written; "" without one."""
    caller, keys = find_caller(left)
    for key in keys:
        _take(left, key)
    return caller


def _take_first(left: dict[str, Any], keys: Iterable[str]) -> str:
    return next((text for key in keys if (text := _take_text(left, key))), "")


def _take_text(left: dict[str, Any], key: str, *, several: bool = False) -> str:
    """Take out the text under ``key``, if there is one; ``several``: only one of several lines."""
    value = lookup(left, key)
    if type(value) is not str or not value or (several and "\n" not in value):
        return ""
    _take(left, key)
    return value


def _take(left: dict[str, Any], key: str) -> None:
    """Remove what ``lookup`` finds under ``key``, and the objects that have nothing else in them."""
    if left.get(key) is not None:
        del left[key]
        return
    first, _, rest = key.partition(".")
    inner = left.get(first)
    if type(inner) is dict and rest:
        _take(inner, rest)
        if not inner:
            del left[first]
