"""One change of a Module, as its history tells it, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...errors import InvalidArgument
from ...secrets import mask_json
from ..decimal_text import natural
from ..json.tables import JsonField, JsonTable, entries, flag, read_text, text, time

#: What a change is about: the lasting level, a level over it for a time and its end, other parts of the object, and
#: the whole of it.
CHANGES = LEVEL, OVERRIDE, OVERRIDE_END, SPEC, LABELS, CREATE, DELETE = (
    "level",
    "override",
    "override-end",
    "spec",
    "labels",
    "create",
    "delete",
)

# Characters of one text, and members of one object: an entry of a history is small.
_LONGEST, _MEMBERS, _DEPTH = 256, 20, 3
_TEXTS = "who", "address", "by", "reason", "logger", "level_from", "level_to", "gateway"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A change of the Module ``module`` that came after the store's revision ``since``, and not after ``revision``.

    One that was told by the program that made it names its caller: ``who``, its authenticated name, ``address``, where
    the call came from, and ``gateway``, the id of the gateway that it was made through. One that is ``seen`` was found
    by an agent or a gateway that watches; who made it the store does not know. ``by`` and ``reason`` are what people
    said of themselves. ``level_from`` and ``level_to`` are levels as they are written, of ``logger`` or ("") of the
    process, and ``until`` is when an override ends. ``change`` is a merge patch of spec or labels. Times are wall time
    in nanoseconds, 0 for none.
    """

    module: str
    what: str
    time: int
    revision: int = 0
    since: int = 0
    who: str = ""
    address: str = ""
    by: str = ""
    reason: str = ""
    logger: str = ""
    level_from: str = ""
    level_to: str = ""
    until: int = 0
    gateway: str = ""
    seen: bool = False
    change: Mapping[str, Any] = field(default_factory=dict)

    def is_same(self, other: HistoryEntry) -> bool:
        """Whether ``other`` tells the same change: of the same thing, to the same, between the same revisions."""
        if (self.what, self.logger) != (other.what, other.logger):
            return False
        # What holds after an override is for people; who tells its end may know more or less of it.
        if self.what != OVERRIDE_END and self.level_to != other.level_to:
            return False
        return max(self.since, other.since) < min(self.revision, other.revision)


def presentable(entry: HistoryEntry) -> HistoryEntry:
    """``entry`` with what is secret masked, texts cut at 256 characters, and no more than a few members of a change."""
    texts = {name: mask_json(value)[:_LONGEST] for name in _TEXTS if (value := getattr(entry, name))}
    return replace(entry, **texts, change=_bounded(mask_json(dict(entry.change)), _DEPTH))


def entry_to_dict(entry: HistoryEntry) -> dict[str, Any]:
    """``entry`` in JSON types: times in RFC 3339, empty fields left out."""
    return _TABLE.write(entry, {})


def entry_from_dict(value: Any, path: str = "entry") -> HistoryEntry:
    """What ``entry_to_dict`` has made; keys that are not known are passed over. Raises InvalidArgument."""
    values, _ = _TABLE.read(value, path)
    return HistoryEntry(**{"module": "", "what": "", "time": 0, **values})


def _read_revision(value: Any, path: str) -> int:
    number = natural(read_text(value, path))
    if number is None:
        raise InvalidArgument(path, value, "must be a number in decimal")
    return number


def _revision(key: str, attribute: str) -> JsonField:
    return JsonField(key, attribute, _read_revision, lambda value, _: str(value))


def _bounded(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        if not depth:
            return {}
        return {str(key)[:_LONGEST]: _bounded(item, depth - 1) for key, item in list(value.items())[:_MEMBERS]}
    if isinstance(value, list | tuple):
        return [_bounded(item, depth - 1) for item in value[:_MEMBERS]] if depth else []
    return value[:_LONGEST] if isinstance(value, str) else value


_TABLE = JsonTable(
    "entry",
    time("time", "time", always=True),
    text("module", "module", always=True),
    text("what", "what", always=True),
    text("who", "who"),
    text("from", "address"),
    text("by", "by"),
    text("logger", "logger"),
    text("level-from", "level_from"),
    text("level-to", "level_to"),
    time("until", "until"),
    text("reason", "reason"),
    JsonField("change", "change", lambda value, path: dict(entries(value, path)), lambda value, _: dict(value)),
    text("gateway", "gateway"),
    flag("seen", "seen"),
    _revision("revision", "revision"),
    _revision("since", "since"),
)
