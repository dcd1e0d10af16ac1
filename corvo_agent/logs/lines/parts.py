"""Parts of a record that are told in more than one field, or inside of an object: in every dialect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..dialects.fields import Field, keys_of, lookup
from ..dialects.json_text import parse_object, to_text

# A place in the code, rather than a host and its port.
_PLACE = re.compile(
    r"\.(?:c|cc|cjs|cpp|cs|erl|exs?|fs|go|hs?|java|jsx?|kt|lua|mjs|php|pl|py|rb|rs|scala|swift|tsx?):\d+\)?$"
)
_FILE_KEYS, _LINE_KEYS = ("file", "fileName", "file_name", "path"), ("line", "lineno", "lineNumber")
_CALLERS, _CODE_LINES = keys_of(Field.CALLER), keys_of(Field.CODE_LINE)


def first_keys(keys: Iterable[str]) -> frozenset[str]:
    """``keys``, and those of the objects that they may be in."""
    return frozenset(part for key in keys for part in (key, key.partition(".")[0]))


def with_objects(record: Mapping[str, str], names: frozenset[str]) -> dict[str, Any]:
    """``record`` with those of its fields ``names`` as objects whose text is one: paths lead into them then."""
    found = dict[str, Any](record)
    for name in names.intersection(record):
        text = record[name]
        if text[:1] == "{" and (inner := parse_object(text.encode("utf-8", "replace"))) is not None:
            found[name] = inner
    return found


def find_caller(document: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Where in the code a line was written, a file, mostly with a line, and the keys that say so; "" without one."""
    for key in _CALLERS:
        value = lookup(document, key)
        if type(value) is dict:
            file = next((value[each] for each in _FILE_KEYS if type(value.get(each)) is str), "")
            line = next((to_text(value[each]) for each in _LINE_KEYS if value.get(each) is not None), "")
            if file and line:
                return f"{file}:{line}", (key,)
        # The path of the log is under ``source``, which others write for the place in the code, as an object.
        elif type(value) is str and value and key != "source":
            if key == "caller" or _PLACE.search(value):
                return value, (key,)
            number = next((each for each in _CODE_LINES if lookup(document, each) is not None), None)
            if number is not None:
                return f"{value}:{to_text(lookup(document, number))}", (key, number)
    return "", ()
