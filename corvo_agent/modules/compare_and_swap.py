"""Read, change, and write unless another client was faster: the one loop for every place that Modules are kept in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..backoff import Backoff
from ..clock import SYSTEM_CLOCK, Clock
from ..errors import VersionConflict

Old = TypeVar("Old")
New = TypeVar("New")

#: How often an object is read and written again while others write it too.
ATTEMPTS = 20


async def compare_and_swap(
    read: Callable[[], Awaitable[Old]],
    write: Callable[[Old], Awaitable[New]],
    *,
    attempts: int = ATTEMPTS,
    clock: Clock = SYSTEM_CLOCK,
) -> New:
    """What ``write`` returns for what ``read`` returned just before.

    A VersionConflict of ``write`` starts over, at most ``attempts`` times, after a pause that grows from 10 ms to half
    a second; the last one is raised. Whatever else either raises comes out at once, a VersionConflict of ``read``
    too: then the caller's own condition has failed, and reading again would not change that. When it is cancelled,
    the write that was under way may or may not have happened.
    """
    backoff = Backoff(0.01, 0.5)
    for left in reversed(range(attempts)):
        old = await read()
        try:
            return await write(old)
        except VersionConflict:
            if not left:
                raise
        await clock.sleep(backoff.next())
    raise ValueError("attempts must be at least 1")
