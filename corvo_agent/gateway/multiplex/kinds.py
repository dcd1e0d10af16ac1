"""What a kind of subscription has to offer, and what it is given to speak through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import orjson

from ...errors import CorvoError
from ..objects.errors import Action, failure
from .outbox import Outbox


class Outlet:
    """What one subscription says goes through here into ``outbox``, under its ``id``.

    Every call waits while the reader has not taken what was said before: so a subscription that only says what holds
    now skips what a slow reader would have missed anyway, and one that follows something stops to read on.
    """

    def __init__(self, id: str, outbox: Outbox) -> None:
        self.id = id
        self._outbox = outbox
        self._head = b'{"id":' + orjson.dumps(id) + b',"type":'

    def line(self, type: str, **members: Any) -> bytes:
        """One line: ``{"id":..., "type": TYPE, MEMBER: ...}``; a member may be an ``orjson.Fragment``."""
        more = orjson.dumps(members)[1:-1] if members else b""
        return self._head + b'"' + type.encode() + (b'",' + more if more else b'"') + b"}\n"

    async def say(self, type: str, **members: Any) -> None:
        """Say one line."""
        await self._outbox.put(self.line(type, **members))

    async def say_all(self, lines: list[bytes]) -> None:
        """Say several lines, made by ``line``, together."""
        if lines:
            await self._outbox.put(b"".join(lines))

    async def fail(self, error: CorvoError, module: str = "", *, ended: bool = False) -> None:
        """Say what went wrong with the subscription, or with one ``module`` of it; ``ended``: it does not go on."""
        await self._outbox.put(self.failure(error, module, ended=ended))

    def failure(self, error: CorvoError, module: str = "", *, ended: bool = False) -> bytes:
        """The line of ``fail``."""
        members: dict[str, Any] = {"module": module} if module else {}
        status = failure(error, Action.DEBUG if module else Action.READ, module).body()
        return self.line("error", **members, status=status, **({"ended": True} if ended else {}))


class Subscription(Protocol):
    """One subscription of one client, checked but not begun."""

    async def run(self, out: Outlet) -> None:
        """Say all that comes; return when nothing more will. Cancelled when its client leaves.

        What it raises of CorvoErrors is told to its client, and ends this subscription only.
        """
        ...


class SubscriptionKind(Protocol):
    """What can be subscribed to, with the role that access/rules.py names; the current caller is the client."""

    def open(self, wanted: Mapping[str, Any]) -> Subscription:
        """The subscription that ``wanted`` describes: the JSON object of the request, without ``id`` and ``kind``.

        Raises InvalidArgument, DecodeError, NotAuthorized and the like: the whole request is refused then.
        """
        ...
