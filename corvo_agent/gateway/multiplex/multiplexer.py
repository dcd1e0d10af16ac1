"""Runs the subscriptions of one client side by side and lets them speak through one stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ...access.caller import current_caller
from ...access.roles import Role
from ...access.rules import SUBSCRIPTIONS
from ...errors import Busy, CorvoError, DecodeError, ResourceExhausted, Unavailable
from ...tasks import end_task
from .kinds import Outlet, Subscription, SubscriptionKind
from .outbox import Outbox

_log = logging.getLogger(__name__)

#: Subscriptions of one stream; streams at once, of all callers and of one: what waits for their readers is bounded so.
MAX_SUBSCRIPTIONS, MAX_STREAMS, MAX_OF_ONE = 32, 1_000, 100
# Seconds after which it may be tried again.
_AGAIN = 5.0
_LONGEST_ID = 64


class Multiplexer:
    """The streams of one gateway; ``kinds`` are what can be subscribed to, by name, and ``roles`` what each takes."""

    def __init__(self, kinds: Mapping[str, SubscriptionKind], roles: Mapping[str, Role] = SUBSCRIPTIONS) -> None:
        self._kinds = dict(kinds)
        self._roles = {kind: roles[kind] for kind in kinds}
        # With whose each is.
        self._open: dict[Outbox, tuple[str, str]] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._open)

    def subscriptions(self, body: Mapping[str, Any]) -> dict[str, Subscription]:
        """What the body of a request subscribes to, by id.

        Raises DecodeError and InvalidArgument for what is wrong with it, NotAuthorized for a subscription that the
        caller may not have, and ResourceExhausted for too many of them.
        """
        unknown = sorted(body.keys() - {"subscriptions"})
        wanted = body.get("subscriptions")
        if unknown or not isinstance(wanted, list) or not wanted:
            what = f"{unknown[0][:80]}: there is only subscriptions" if unknown else "subscriptions: a list is missing"
            raise DecodeError("request body", what)
        if len(wanted) > MAX_SUBSCRIPTIONS:
            raise ResourceExhausted("subscriptions of one stream", MAX_SUBSCRIPTIONS, len(wanted))
        found: dict[str, Subscription] = {}
        for number, each in enumerate(wanted):
            path = f"subscriptions.{number}"
            if not isinstance(each, dict):
                raise DecodeError("request body", f"{path}: must be an object")
            id, kind = each.get("id"), each.get("kind")
            if not isinstance(id, str) or not 0 < len(id) <= _LONGEST_ID or id in found:
                raise DecodeError("request body", f"{path}.id: must be a text of its own, of up to {_LONGEST_ID}")
            if not isinstance(kind, str) or kind not in self._kinds:
                raise DecodeError("request body", f"{path}.kind: there are {', '.join(sorted(self._kinds))}")
            current_caller().require(self._roles[kind])
            found[id] = self._kinds[kind].open({key: value for key, value in each.items() if key not in ("id", "kind")})
        return found

    @asynccontextmanager
    async def stream(self, subscriptions: Mapping[str, Subscription]) -> AsyncGenerator[Outbox]:
        """What they say, while this is entered; it closes when all of them have ended, or the gateway stops.

        Raises Busy for too many streams at once, and Unavailable when the gateway stops.
        """
        if self._closed:
            raise Unavailable("the stream", "this gateway is stopping")
        caller = current_caller()
        whose = (caller.name, caller.address)
        if len(self._open) >= MAX_STREAMS:
            raise Busy("streams at once", MAX_STREAMS, _AGAIN)
        if sum(each == whose for each in self._open.values()) >= MAX_OF_ONE:
            raise Busy("streams of one caller at once", MAX_OF_ONE, _AGAIN)
        outbox = Outbox()
        self._open[outbox] = whose
        running = asyncio.create_task(_run_all(subscriptions, outbox), name="corvo-multiplex")
        try:
            yield outbox
        finally:
            del self._open[outbox]
            await end_task(running)

    async def aclose(self) -> None:
        """End all streams: what waits may still be read."""
        self._closed = True
        for outbox in tuple(self._open):
            await outbox.close()


async def _run_all(subscriptions: Mapping[str, Subscription], outbox: Outbox) -> None:
    async with asyncio.TaskGroup() as tasks:
        for id, subscription in subscriptions.items():
            tasks.create_task(_run(subscription, Outlet(id, outbox)), name=f"corvo-subscription {id}")
    await outbox.close()


async def _run(subscription: Subscription, out: Outlet) -> None:
    try:
        await subscription.run(out)
    except CorvoError as error:
        await out.fail(error, ended=True)
    except Exception as error:
        # A fault of ours; the reader hears of it, too, rather than wait for what never comes.
        _log.exception("the subscription %s failed", out.id)
        await out.fail(CorvoError(f"{type(error).__name__}: {error}"), ended=True)
    else:
        await out.say("end")
