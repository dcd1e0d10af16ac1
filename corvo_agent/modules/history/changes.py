"""What a change of a Module, or of a control of it, is to its history. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..controls.codec import id_of
from ..controls.control import Control
from ..controls.rule import effective_state
from ..json.codec import module_to_dict
from ..json.merge_patch import difference
from ..model import Module, ModuleSpec, same_level
from .entry import CREATE, DELETE, LABELS, LEVEL, OVERRIDE, OVERRIDE_END, SPEC, HistoryEntry


def module_changes(old: Module | None, new: Module | None, revision: int, now: int) -> list[HistoryEntry]:
    """The changes from ``old``, None where there was none, to ``new``, None where it was deleted; seen at ``now``.

    ``revision`` is when ``new`` was written. A status is for those who report it to tell.
    """
    if new is None:
        return [] if old is None else [deletion(old, now, revision)]
    if old is None:
        level = _level_of(new)
        return [HistoryEntry(new.name, CREATE, now, revision, revision - 1, level_to=level)]
    if old.spec == new.spec and old.meta.labels == new.meta.labels and old.unread == new.unread:
        return []
    since = min(old.revision, revision - 1)
    found, levels = [], (_level_of(old), _level_of(new))
    if levels[0] != levels[1] and (old.invalid or new.invalid or not same_level(*levels)):
        found.append(
            HistoryEntry(new.name, LEVEL, now, revision, since, level_from=levels[0], level_to=levels[1]),
        )
    if change := difference(_rest_of_spec(old), _rest_of_spec(new)):
        found.append(HistoryEntry(new.name, SPEC, now, revision, since, change=change))
    if old.meta.labels != new.meta.labels:
        change = difference(old.meta.labels, new.meta.labels)
        found.append(HistoryEntry(new.name, LABELS, now, revision, since, change=change))
    return found


def deletion(last: Module, now: int, revision: int = 0) -> HistoryEntry:
    """The Module whose ``last`` state that was is deleted; at ``revision``, where that is known."""
    since = last.revision
    return HistoryEntry(last.name, DELETE, now, max(revision, since + 1), since, level_from=_level_of(last))


def override(name: str, control: Control, spec: ModuleSpec, others: Iterable[Control], now: int) -> HistoryEntry | None:
    """``control`` was put over the level of the Module ``name`` with that ``spec``, beside ``others`` before it.

    None where it only renews one of those, which a level that somebody holds does every few seconds: renewals alone
    would fill a history.
    """
    others = list(others)
    if any(_renews(control, each) for each in others):
        return None
    return HistoryEntry(
        name,
        OVERRIDE,
        now,
        control.revision,
        control.revision - 1,
        by=control.by,
        reason=control.reason,
        logger=control.logger,
        level_from=_held(spec, others, control.logger, now),
        level_to=control.level,
        until=control.until,
    )


def override_end(
    name: str, control: Control, spec: ModuleSpec, others: Iterable[Control], now: int, revision: int = 0
) -> HistoryEntry | None:
    """``control`` was taken away before its time, at ``revision`` where that is known, and ``others`` are left.

    None for one that had ended, and for one whose place a newer one has taken.
    """
    others = [each for each in others if each.id != control.id]
    replaced = any(each.logger == control.logger and each.revision > control.revision for each in others)
    if replaced or not control.active(now):
        return None
    return HistoryEntry(
        name,
        OVERRIDE_END,
        now,
        max(revision, control.revision + 1),
        control.revision,
        logger=control.logger,
        level_from=control.level,
        level_to=_held(spec, others, control.logger, now),
    )


def _renews(control: Control, before: Control) -> bool:
    """Whether only the end differs, and it is no person's word once more: those have one id for each logger."""
    same = replace(control, until=before.until, revision=before.revision) == before
    return same and control.id != id_of(control.logger)


def as_seen(entries: Iterable[HistoryEntry]) -> list[HistoryEntry]:
    """``entries`` as those tell them who have seen the change in the store."""
    return [replace(entry, seen=True) for entry in entries]


def _held(spec: ModuleSpec, controls: Iterable[Control], logger: str, now: int) -> str:
    """The level that is wanted at ``now`` for ``logger``, "" where none is."""
    state = effective_state(spec, now, controls=controls)
    if not logger:
        return state.level_text
    level = state.loggers.get(logger)
    return "" if level is None else level.text


def _level_of(module: Module) -> str:
    """``log-level`` as it is written, also one that names no level."""
    return module.spec.log_level or str(module.unread.get("spec", {}).get("log-level", ""))


def _rest_of_spec(module: Module) -> dict[str, Any]:
    spec: dict[str, Any] = module_to_dict(module)["spec"]
    return {key: value for key, value in spec.items() if key != "log-level"}
