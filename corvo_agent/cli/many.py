"""Runs one operation on many modules concurrently: a bounded number at a time, each with its own outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ..errors import CorvoError, NotFound
from ..modules.access import ModuleAccess, Selector
from .failures import Failures
from .show.progress import progress

T = TypeVar("T")
# Operations under way at once.
_WIDTH = 16


async def selected(modules: ModuleAccess, selector: Selector) -> list[str]:
    """The names of the modules that ``selector`` matches. Raises NotFound when there are none."""
    names = [module.name for module in (await modules.list(selector)).modules]
    if not names:
        wanted = ", ".join(part for part in (selector.labels, selector.fields) if part)
        raise NotFound("module with", wanted) if wanted else NotFound("module", "of any name")
    return names


async def for_each(
    names: Sequence[str], work: Callable[[str], Awaitable[T]], failures: Failures, text: str
) -> dict[str, T]:
    """The result of ``work`` for each of ``names``, by name and in their order; a CorvoError goes to ``failures``.

    Cancelled, it cancels the operations under way. Raises what else ``work`` raises.
    """
    # Late: every command imports this file, and --help does not need it.
    import asyncio

    done: dict[str, T] = {}
    places = asyncio.Semaphore(_WIDTH)

    async def one(name: str, advance: Callable[[float], None]) -> None:
        async with places:
            try:
                done[name] = await work(name)
            except CorvoError as error:
                failures.add(name, error)
        advance(1)

    with progress(text, len(names)) as advance:
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                tasks.create_task(one(name, advance), name=f"corvo {text} {name}")
    return {name: done[name] for name in names if name in done}
