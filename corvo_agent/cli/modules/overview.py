"""Modules at a glance in a terminal: ``Overview`` as columns, and where the rows come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...clock import SYSTEM_CLOCK
from ...errors import CorvoError
from ...levels.state import LevelSource
from ...modules.module_level import ModuleLevel
from ...overview.measuring import Measured, unanswered
from ...overview.overview import Overview, Status
from ...overview.recent_errors import MOST_ERRORS, judged
from ..backends.protocol import Backend
from ..failures import Failures
from ..many import for_each
from ..show.ages import age
from .choices import RECENTLY

HEADERS = ("NAME", "STATUS", "AGE", "LEVEL", "ERRORS", "RESTARTS")
#: A column behind them where a module has several processes.
WORKERS = "WORKERS"
WIDE = ("NODE", "CATEGORY", "BY", "REASON")


def row(each: Overview, now: int, *, told: bool = True) -> tuple[str, ...]:
    """The columns of ``HEADERS`` at wall time ``now``; ``told``: the level with who set it and why."""
    status, measured = each.level.module.status, each.measured
    lived = age((now - status.last_start) / 1e9) if status.last_start else ""
    errors = ""
    if measured is not None and measured.errors is not None:
        errors = f"{measured.errors}{'+' if measured.at_least else ''}"
    level = level_text(each, now)
    if told and (by := each.level.wanted(now).by):
        level = f"{level} by {by}"
    if told and (reason := each.level.wanted(now).reason):
        level = f"{level}: {reason}"
    return each.name, each.status, lived, level, errors, str(status.restart_count)


def columns(found: Sequence[Overview], now: int, *, more: bool) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The heads and the rows of a table of ``found`` at wall time ``now``; ``more``: those of ``WIDE`` as well."""
    several = more or any((each.workers or 0) > 1 for each in found)
    heads = (*HEADERS, *((WORKERS,) if several else ()), *(WIDE if more else ()))
    rows = [
        (
            *row(each, now, told=not more),
            *((_known(each.workers),) if several else ()),
            *(wide(each, now) if more else ()),
        )
        for each in found
    ]
    return heads, rows


def _known(number: int | None) -> str:
    return "" if number is None else str(number)


def wide(each: Overview, now: int) -> tuple[str, ...]:
    """The columns of ``WIDE``."""
    state, status = each.level.wanted(now), each.level.module.status
    return status.node, status.category, state.by, state.reason


def level_text(each: Overview, now: int) -> str:
    """The level that is wanted, until when, and the one in force where that is another."""
    if each.level.module.invalid:
        return ""
    state = each.level.wanted(now)
    text = state.level_text
    if state.source is LevelSource.OVERRIDE and state.until:
        text = f"{text} for {age((state.until - now) / 1e9)}"
    applied = each.level.applied
    if applied is not None and not each.level.holds(now):
        text = f"{text} ({applied.level or 'unknown'} in force)"
    return text


def notes(each: Overview) -> tuple[str, ...]:
    """What is to be told of a module beside its row."""
    if each.level.module.invalid:
        # Nothing else is known of it, and it is for people to mend.
        return (each.why,)
    measured = each.measured
    if measured is None:
        return ()
    return (*((each.why,) if each.why and each.level.applied is not None else ()), *measured.remarks)


async def overviews(backend: Backend, levels: Sequence[ModuleLevel], since: str, *, count: bool) -> list[Overview]:
    """``levels`` at a glance; with ``count`` each agent is asked for its errors ``since``, a duration or a time.

    One that does not answer is told by its status.
    """
    if not count:
        return [Overview(level, workers=level.workers) for level in levels]

    async def errors(name: str) -> Measured:
        now = SYSTEM_CLOCK.time_ns()
        try:
            async with backend.agent(name) as client:
                found = await client.logs(level="Error", since=since, lines=MOST_ERRORS)
        except CorvoError as error:
            return unanswered(now, error)
        lines, remarks, cut = judged(found)
        return Measured(now, len(lines), cut or bool(remarks), remarks)

    asked = [level.module.name for level in levels if level.applied is not None and not level.module.invalid]
    counted: Mapping[str, Measured | None] | None = None
    if since == RECENTLY and asked:
        # One question in place of one for each, and shared with all who look at the same.
        counted = await backend.measured(asked)
    if counted is None:
        counted = await for_each(asked, errors, Failures(named=True), "errors")
    return [_overview(level, counted.get(level.module.name)) for level in levels]


def _overview(level: ModuleLevel, measured: Measured | None) -> Overview:
    workers = level.workers if measured is None or measured.workers is None else measured.workers
    return Overview(level, measured, workers)


def sort_key(by: str, now: int) -> Any:
    """What ``--sort`` sorts by: those that want to be looked at come first."""
    keys = {
        "name": lambda each: each.name,
        "errors": lambda each: (-((each.measured and each.measured.errors) or 0), each.name),
        "status": lambda each: (each.status == Status.LIVE, each.status, each.name),
        "level": lambda each: (each.level.holds(now), level_text(each, now), each.name),
        "restarts": lambda each: (-each.level.module.status.restart_count, each.name),
        "age": lambda each: (-each.level.module.status.last_start, each.name),
    }
    return keys[by]
