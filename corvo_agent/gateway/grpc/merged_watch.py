"""Several watches as one stream, for a caller that asks for several at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from ..watching.events import EventBatch
from ..watching.subscription import Subscription


async def merged(subscriptions: Sequence[Subscription]) -> AsyncGenerator[EventBatch | None, None]:
    """What exists by each of ``subscriptions``, one after the other, then what comes, of each in its order.

    Where there are several, None stands once between the two. Raises what ends the first of them. Close it with
    ``contextlib.aclosing``; the subscriptions are their owner's to end.
    """
    for subscription in subscriptions:
        while subscription.initial_left:
            yield await subscription.next_batch()
    if len(subscriptions) == 1:
        while True:
            yield await subscriptions[0].next_batch()
    yield None
    waiting = {_next(subscription): subscription for subscription in subscriptions}
    try:
        while True:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                subscription = waiting.pop(task)
                batch = task.result()
                waiting[_next(subscription)] = subscription
                yield batch
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def _next(subscription: Subscription) -> asyncio.Task[EventBatch]:
    return asyncio.create_task(subscription.next_batch(), name="corvo-merged-watch")
