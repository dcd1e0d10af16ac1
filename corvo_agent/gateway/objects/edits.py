"""What each write does to a Module: pure functions from the stored one and the request to the next one.

Generation, uuid, times and labels follow the original: people's writes count generations, agents' writes do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...errors import DecodeError, VersionConflict
from ...modules.decimal_text import natural
from ...modules.json.codec import module_to_dict
from ...modules.json.merge_patch import merge
from ...modules.model import Module
from .body import RESERVED_PREFIX, check, check_apart, fold, read_module

#: What we write where the caller said nothing.
DEFAULT_CATEGORY = "Venice"


def with_defaults(given: Module) -> Module:
    """``given`` with its category filled in: what REST and the original's clients do before a create.

    They fill in the level too; here a Module without one is as its process was configured.
    """
    return given.with_status(category=given.status.category or DEFAULT_CATEGORY)


def spec_replaced(current: Module, given: Module, *, now: int) -> Module:
    """A person's update: spec and labels as given; the status stays as it is."""
    replaced = replace(current, spec=given.spec, unread=_unread_but(current, "spec", "labels"))
    return _next_generation(replaced, given.meta.labels, now)


def patched(current: Module, patch: Mapping[str, Any], *, now: int) -> Module:
    """A person's merge patch (RFC 7396) of what REST shows of ``current``; the status stays as it is.

    Raises DecodeError for a wrong type and ValidationFailed for a broken rule.
    """
    shown = module_to_dict(current)
    patch = fold_patch(patch)
    check_apart(patch, patch=True)
    try:
        body = fold(merge(shown, patch))
    except RecursionError:
        raise DecodeError("request body", "the patch is nested too deeply") from None
    body.pop("status", None)
    unread = _take_unread(body, current)
    check(body, current.name)
    given = read_module(body)
    # Keys of the status that we do not know are not the caller's to patch either.
    kept = {key: value for key, value in current.raw.items() if key == "status"}
    raw = {**given.raw, **kept}
    return _next_generation(replace(current, spec=given.spec, raw=raw, unread=unread), given.meta.labels, now)


def labelled(current: Module, labels: Mapping[str, str], *, now: int) -> Module:
    """Labels replaced as a whole."""
    return _next_generation(replace(current, unread=_unread_but(current, "labels")), labels, now)


def all_replaced(current: Module, given: Module, *, now: int) -> Module:
    """A controller's update: labels, spec and status as given; the generation stays."""
    meta = replace(current.meta, labels=given.meta.labels, mod_time=now)
    unread = _unread_but(current, "labels", "spec", "status")
    return replace(current, meta=meta, spec=given.spec, status=given.status, unread=unread)


def status_replaced(current: Module, given: Module, *, now: int) -> Module:
    """An agent's update: nothing but the status."""
    return replace(current.with_meta(mod_time=now), status=given.status, unread=_unread_but(current, "status"))


def level_set(current: Module, level: str, *, announced: bool, now: int) -> Module:
    """``level`` becomes the lasting one; ``announced``: an agent of ours answers for the Module."""
    return _next_generation(current.with_log_level(level, announced=announced), current.meta.labels, now)


def check_version(current: Module, wanted: str) -> None:
    """Refuse a write that was made from another version of ``current``; "" is unconditional.

    Raises VersionConflict; a version that is no number can be none of ours and conflicts too.
    """
    expected = version_number(current.name, wanted)
    if expected is not None and expected != current.revision:
        raise VersionConflict(current.name, expected, current.revision)


def version_number(name: str, text: str) -> int | None:
    """The revision that ``text`` stands for, None for ""; raises VersionConflict when it is no number."""
    if not text:
        return None
    number = natural(text)
    if number is None:
        raise VersionConflict(name, 0)
    return number


def fold_patch(patch: Mapping[str, Any]) -> dict[str, Any]:
    """``patch`` with the keys of the object and of its sections in lower case; null stays, it removes."""
    return {
        key.lower(): {inner.lower(): item for inner, item in value.items()} if isinstance(value, Mapping) else value
        for key, value in patch.items()
    }


def _unread_but(current: Module, *replaced: str) -> dict[str, Mapping[str, Any]]:
    """What could not be read of ``current`` and stays: not the sections and the labels that are ``replaced``."""
    left = {name: found for name, found in current.unread.items() if name not in replaced}
    if "labels" in replaced and "meta" in left:
        left["meta"] = {key: value for key, value in left["meta"].items() if key != "labels"}
    return {name: found for name, found in left.items() if found}


def _take_unread(body: dict[str, Any], current: Module) -> dict[str, Mapping[str, Any]]:
    """Take out of ``body`` what could not be read of ``current`` and is still there: the patch did not touch it."""
    left: dict[str, Mapping[str, Any]] = {"status": current.unread.get("status", {})}
    for name in ("meta", "spec"):
        section, unread = body.get(name, {}), current.unread.get(name, {})
        left[name] = {key: value for key, value in unread.items() if section.get(key) == value}
        for key in left[name]:
            del section[key]
    return {name: found for name, found in left.items() if found}


def _next_generation(module: Module, labels: Mapping[str, str], now: int) -> Module:
    # Of labels of the system those that are given count too: REST has taken out what a person has given.
    reserved = {key: value for key, value in module.meta.labels.items() if key.startswith(RESERVED_PREFIX)}
    number = (natural(module.meta.generation_id) or 0) + 1
    return module.with_meta(generation_id=str(number), labels={**reserved, **labels}, mod_time=now)
