"""What a subscription may say it wants: the members of its JSON, read with their bounds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...errors import DecodeError, ResourceExhausted
from ...modules.selectors.list_options import ListOptions

#: The members that say which Modules are meant.
SELECTORS = ("label-selector", "field-selector", "name")
_LONGEST = 4096


def check_members(wanted: Mapping[str, Any], known: Collection[str]) -> None:
    """Raises DecodeError for a member that is not ``known``: a misspelt one would be passed over unnoticed."""
    unknown = sorted(wanted.keys() - set(known))
    if unknown:
        raise DecodeError("subscription", f"{unknown[0][:80]}: there are {', '.join(sorted(known))}")


def text(wanted: Mapping[str, Any], name: str) -> str:
    """The text that is wanted, "" for none. Raises DecodeError."""
    value = wanted.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise DecodeError("subscription", f"{name}: must be a text of up to {_LONGEST} characters")
    return value


def options_of(wanted: Mapping[str, Any]) -> ListOptions:
    """What ``SELECTORS`` select. Raises DecodeError."""
    labels, fields, name = (text(wanted, each) for each in SELECTORS)
    return ListOptions(name=name, label_selector=labels, field_selector=fields)


def names(wanted: Mapping[str, Any], name: str, most: int) -> tuple[str, ...]:
    """The list of names that is wanted, each once. Raises DecodeError, and ResourceExhausted for more than ``most``."""
    value = wanted.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) and 0 < len(each) <= _LONGEST for each in value):
        raise DecodeError("subscription", f"{name}: must be a list of names")
    if len(value) > most:
        raise ResourceExhausted(f"{name} of a subscription", most, len(value))
    return tuple(dict.fromkeys(value))


def texts(wanted: Mapping[str, Any], name: str) -> dict[str, str]:
    """The object of texts that is wanted. Raises DecodeError."""
    value = wanted.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise DecodeError("subscription", f"{name}: must be an object whose values are strings")
    return dict(value)
