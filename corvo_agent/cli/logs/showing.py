"""The lines of modules on their way to the terminal: the newest of several merged by time, and those that come."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from ...errors import CorvoError
from ...logs.lines.merge import merge_pages
from ...modules.access import Selector
from ..backends.protocol import Backend
from ..failures import Failures
from ..many import for_each
from ..show.blocking import has_room
from ..show.output import note
from ..where.chosen import Chosen
from .follower import ModuleFollower, follow_all
from .lines import Line
from .pages import LogPages
from .reorder_buffer import ReorderBuffer
from .selection import SelectionFollower


async def show_newest(pages: LogPages, names: Sequence[str], line: Line) -> None:
    """The newest lines of ``names``, merged by time, as ``line`` shows them. Failures go to those of ``pages``."""
    first = await for_each(names, pages.first, pages.failures, "logs")
    logs = {name: pages.all(name, records) for name, records in first.items()}
    async for records in merge_pages(logs, descending=pages.descending):
        line.show_merged(records)


async def show_followed(
    backend: Backend,
    names: Sequence[str],
    chosen: Chosen,
    parameters: Mapping[str, str],
    failures: Failures,
    line: Line,
    span: float,
) -> None:
    """Follow one module as it comes, several in the order of their times; without ``names`` those of the selectors.

    ``span`` is how many seconds a line waits for earlier ones of other modules. Until cancelled, or all have failed.
    """
    if len(names) == 1:
        await _follow_one(backend, names[0], parameters, failures, line)
        return
    late: set[str] = set()

    def tell_late(name: str) -> None:
        if name not in late:
            late.add(name)
            note(
                f"corvo: {name}: lines that come more than --window {span:g}s late stand where they came, out of order"
            )

    ordered = ReorderBuffer(line.show_merged, span=span, late=tell_late)
    if names:
        following = _follow_named(backend, names, parameters, failures, ordered)
    else:
        following = _follow_selected(backend, chosen.selector, parameters, failures, ordered)
    await _in_order(ordered, following)


async def _follow_one(
    backend: Backend, name: str, parameters: Mapping[str, str], failures: Failures, line: Line
) -> None:
    await follow_all({name: ModuleFollower(backend, name, parameters, line.show_all)}, failures.add)


async def _follow_named(
    backend: Backend, names: Sequence[str], parameters: Mapping[str, str], failures: Failures, buffer: ReorderBuffer
) -> None:
    def fail(name: str, error: CorvoError) -> None:
        buffer.add(name, [])
        failures.add(name, error)

    for name in names:
        buffer.expect(name)
    await follow_all({name: ModuleFollower(backend, name, parameters, buffer.add) for name in names}, fail)


async def _follow_selected(
    backend: Backend, selector: Selector, parameters: Mapping[str, str], failures: Failures, buffer: ReorderBuffer
) -> None:
    def make(name: str) -> ModuleFollower:
        buffer.expect(name)
        return ModuleFollower(backend, name, parameters, buffer.add, patient=True)

    await SelectionFollower(backend.modules, selector, make, failures.add).run()


async def _in_order(buffer: ReorderBuffer, following: Coroutine[Any, Any, None]) -> None:
    """Show what ``following`` adds to ``buffer`` until it ends, or until its reader is gone."""
    try:
        async with asyncio.TaskGroup() as tasks:
            shower = tasks.create_task(buffer.run(), name="corvo-log-order")
            await following
            shower.cancel()
    finally:
        # Also what still waits at Ctrl-C, as far as its reader takes it.
        buffer.flush(has_room)
