"""Tables of JSON keys: how one JSON object becomes the fields of one message and back, keeping what it does not know.

The rules are those of Go's ``encoding/json``, which writes the same objects: keys match in any case, null means
"not given", a key that is omitted when empty is left out. Wrong types are refused with the path of the field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidArgument
from ...levels.level import VALID_LEVELS, Level
from ...timestamps import format_rfc3339, parse_rfc3339

# What the four digits of a year can hold, in nanoseconds since the epoch.
_FIRST_TIME = -62_135_596_800 * 10**9
_LAST_TIME = 253_402_300_800 * 10**9 - 1


@dataclass(frozen=True, slots=True)
class JsonField:
    """One key of a JSON object.

    ``read`` turns its JSON value into the attribute and gets the path for its errors, but a value of the type ``plain``
    is the attribute as it is. ``write`` does the reverse and gets, as its second argument, what ``keep`` kept of the
    JSON value that was read, else None. ``keep`` is for nested objects with unknown keys of their own. ``always``:
    written even when empty.
    """

    key: str
    attribute: str
    read: Callable[[Any, str], Any]
    write: Callable[[Any, Any], Any]
    always: bool = False
    keep: Callable[[Any], Any] | None = None
    plain: type | None = None


#: Key of a field -> its JSON value, and what is wrong with it.
Faults = dict[str, tuple[Any, str]]


class JsonTable:
    """The fields of one message, in the order in which they are written; ``path`` leads to it from the top."""

    def __init__(self, path: str, *fields: JsonField) -> None:
        self.path = path
        self.fields = fields
        self._by_key = {field.key: (field, f"{path}.{field.key}") for field in fields}

    def read(self, json: Any, path: str = "", faults: Faults | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """The attributes that ``json`` gives, and the keys that this table does not know.

        Of two spellings of one key the later one counts. Raises InvalidArgument with the path of the field when
        ``json`` is not an object or a value is of a wrong type; with ``faults`` such a value goes there instead, with
        what is wrong with it, under the key of its field.
        """
        values: dict[str, Any] = {}
        unknown: dict[str, Any] = {}
        # A call less where all is well: what is no object is left to ``entries``, null included.
        for key, value in json.items() if type(json) is dict else entries(json, path or self.path):
            # Most keys are spelt as in the schema, and need no folding.
            known = self._by_key.get(key) or self._by_key.get(key.lower())
            if known is None:
                unknown[key] = value
            elif value is not None:
                field, field_path = known
                if type(value) is field.plain:
                    values[field.attribute] = value
                    continue
                try:
                    values[field.attribute] = field.read(value, f"{path}.{field.key}" if path else field_path)
                except InvalidArgument as error:
                    if faults is None:
                        raise
                    faults[field.key] = value, str(error)
                    continue
                if field.keep is not None and (kept := field.keep(value)):
                    unknown[field.key] = kept
        return values, unknown

    def write(
        self, message: object, unknown: Mapping[str, Any], unread: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """``message`` as JSON: the known keys in their order, then the unknown ones.

        ``unread`` holds the JSON values of fields that could not be read: each stays while nothing takes its place.
        """
        json = {}
        for field in self.fields:
            value = getattr(message, field.attribute)
            if unread and not value and field.key in unread:
                json[field.key] = unread[field.key]
            elif value or field.always:
                json[field.key] = field.write(value, unknown.get(field.key))
        # What ``keep`` kept lies under its known key and was written with it.
        for key, value in unknown.items():
            if key not in self._by_key:
                json[key] = value
        return json


def entries(json: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The members of a JSON object; none of null. Raises InvalidArgument when it is anything else."""
    if json is None:
        return iter(())
    if type(json) is not dict:
        raise InvalidArgument(path, json, "must be an object")
    return iter(json.items())


def text(key: str, attribute: str, *, always: bool = False) -> JsonField:
    """A string."""
    return JsonField(key, attribute, read_text, _as_is, always, plain=str)


def flag(key: str, attribute: str) -> JsonField:
    """A boolean."""
    return JsonField(key, attribute, _read_flag, _as_is, plain=bool)


def int32(key: str, attribute: str) -> JsonField:
    """A whole number of 32 bits."""
    return JsonField(key, attribute, _read_int32, _as_is)


def time(key: str, attribute: str, *, always: bool = False) -> JsonField:
    """A time: RFC 3339 in JSON, nanoseconds since the epoch here."""
    return JsonField(key, attribute, _read_time, _write_time, always)


def level(key: str, attribute: str, *, always: bool = False) -> JsonField:
    """A level, kept as it is written; it has to be one that we know, or empty."""
    return JsonField(key, attribute, read_level, _as_is, always)


def texts(key: str, attribute: str) -> JsonField:
    """An array of strings."""
    return JsonField(key, attribute, _read_texts, lambda value, _: list(value))


def text_map(key: str, attribute: str) -> JsonField:
    """An object whose values are strings."""
    return JsonField(key, attribute, _read_text_map, lambda value, _: dict(value))


def time_map(key: str, attribute: str) -> JsonField:
    """An object whose values are times."""
    return JsonField(
        key, attribute, _read_time_map, lambda value, _: {name: _write_time(at, _) for name, at in value.items()}
    )


def read_text(json: Any, path: str) -> str:
    """A string; null is the empty one."""
    if type(json) is str:
        return json
    if json is None:
        return ""
    raise InvalidArgument(path, json, "must be a string")


def read_level(json: Any, path: str) -> str:
    """The text of a level that we know, or the empty string."""
    if type(json) is not str:
        return read_text(json, path)
    # Most are written as we write them.
    if json and json not in VALID_LEVELS:
        Level.parse(json, path)
    return json


def read_array(json: Any, path: str) -> list[Any]:
    """An array. Raises InvalidArgument when it is anything else."""
    if type(json) is not list:
        raise InvalidArgument(path, json, "must be an array")
    return json


def _as_is(value: Any, _kept: Any) -> Any:
    return value


def _read_flag(json: Any, path: str) -> bool:
    if type(json) is not bool:
        raise InvalidArgument(path, json, "must be true or false")
    return json


def _read_int32(json: Any, path: str) -> int:
    if type(json) is not int or not -(2**31) <= json < 2**31:
        raise InvalidArgument(path, json, "must be a whole number of 32 bits")
    return json


def _read_time(json: Any, path: str) -> int:
    nanoseconds = parse_rfc3339(read_text(json, path), path)
    if not _FIRST_TIME <= nanoseconds <= _LAST_TIME:
        raise InvalidArgument(path, json, "is before year 1 or after year 9999 in UTC")
    return nanoseconds


def _write_time(nanoseconds: int, _kept: Any) -> str:
    if not _FIRST_TIME <= nanoseconds <= _LAST_TIME:
        raise InvalidArgument("time", nanoseconds, "is before year 1 or after year 9999")
    return format_rfc3339(nanoseconds)


def _read_texts(json: Any, path: str) -> tuple[str, ...]:
    array = read_array(json, path)
    return tuple([item if type(item) is str else read_text(item, f"{path}.{i}") for i, item in enumerate(array)])


def _read_text_map(json: Any, path: str) -> dict[str, str]:
    return {key: read_text(value, f"{path}.{key}") for key, value in entries(json, path)}


def _read_time_map(json: Any, path: str) -> dict[str, int]:
    return {key: _read_time(value, f"{path}.{key}") for key, value in entries(json, path)}


def _write_time_map(times: Mapping[str, int], kept: Any) -> dict[str, str]:
    return {name: _write_time(time, kept) for name, time in times.items()}
