"""The history of one Module as it lies in the store: the rule of what stays in it, and its JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import orjson

from ...errors import DecodeError, InvalidArgument, shorten
from ..json.tables import entries, read_array
from ..kv import KeyValue
from ..names import HISTORY_PREFIX, validate_name
from .entry import CREATE, DELETE, OVERRIDE_END, HistoryEntry, entry_from_dict, entry_to_dict

#: Changes that are kept of one Module, and bytes that they take at most.
KEPT_ENTRIES, KEPT_BYTES = 50, 64 << 10

_ENTRIES = "entries"

#: Newest first.
History = tuple[HistoryEntry, ...]


def history_key(name: str) -> str:
    """Where the history of the Module ``name`` lies. Raises InvalidArgument for a bad name."""
    return HISTORY_PREFIX + validate_name(name, "name")


def added(history: History, told: Iterable[HistoryEntry]) -> History:
    """``history`` with the changes that are ``told``, each of them once, the newest first.

    A change that is in it already stays as it is, unless the program that made it tells it now: that one knows more
    than those that have seen it. What is older than a full history is left out.
    """
    found = list(history)
    for entry in sorted(told, key=lambda each: each.revision):
        known = next((each for each in found if each.is_same(entry)), None)
        if known is None:
            if not _is_noise(entry, found):
                found.append(entry)
        elif _rank(entry) > _rank(known):
            # Who deletes something learns that it was not before a revision, who sees it when it was.
            exact = max if entry.what in (DELETE, OVERRIDE_END) else min
            found[found.index(known)] = replace(entry, revision=exact(entry.revision, known.revision))
        found.sort(key=lambda each: each.revision, reverse=True)
    return tuple(found[:KEPT_ENTRIES])


def encode_history(history: History) -> bytes:
    """Its JSON: ``{"entries": [...]}``; the oldest are left out when it would have more than ``KEPT_BYTES``."""
    parts = [orjson.dumps(entry_to_dict(entry)) for entry in history]
    while len(parts) > 1 and sum(map(len, parts)) + len(parts) > KEPT_BYTES:
        parts.pop()
    return b'{"%s":[%s]}' % (_ENTRIES.encode(), b",".join(parts))


def decode_history(item: KeyValue) -> History:
    """The history in ``item``. Raises DecodeError.

    Revisions that are not before that of ``item`` are those of other data, copied from another cluster: they say
    nothing of the order here.
    """
    what = f"{item.key} at revision {item.mod_revision}"
    try:
        value = dict(entries(orjson.loads(item.value), "history"))
        listed = read_array(value.get(_ENTRIES, []), _ENTRIES)
        found = [entry_from_dict(each, f"{_ENTRIES}.{index}") for index, each in enumerate(listed)]
    except InvalidArgument as error:
        raise DecodeError(what, str(error)) from error
    except ValueError as error:
        raise DecodeError(what, f"not JSON: {shorten(str(error), 200)}") from error
    return tuple(
        each if each.revision < item.mod_revision else replace(each, revision=0, since=0)
        for each in found[:KEPT_ENTRIES]
    )


def _rank(entry: HistoryEntry) -> tuple[bool, int]:
    """How much is known of a change: who made it, then when: it came not later than any revision that is told."""
    return (not entry.seen, -entry.revision)


def _is_noise(entry: HistoryEntry, history: Sequence[HistoryEntry]) -> bool:
    """Whether a change that was only seen tells nothing: what a start creates, and what goes along with a Module."""
    if not entry.seen:
        return False
    before = next((each for each in history if each.revision < entry.revision), None)
    gone = before is not None and before.what == DELETE
    if entry.what == CREATE:
        return not entry.level_to and not gone
    return entry.what == OVERRIDE_END and gone
