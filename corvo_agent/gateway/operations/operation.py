"""Something that takes a while: asked for, under way, and its result kept for whoever fetches it."""

from __future__ import annotations

import asyncio
import enum
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...access.caller import Caller
from ...access.roles import Role
from ...timestamps import format_millis

#: What a running one shows at most: whether it is done only its end tells.
_NEARLY = 0.99


class State(enum.Enum):
    """Where an operation is: it begins ``RUNNING`` and ends as one of the others."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(eq=False, slots=True)
class Operation:
    """One that ``by`` has asked for, and that takes ``role`` to see, on Modules with the ``labels``, one each.

    ``shown`` is what it was asked for, as REST shows it. ``started`` is wall time in nanoseconds, ``began`` and
    ``ended`` seconds of a clock that never goes back; ``seconds`` is how long it is to take, None where that is not
    known, and ``progress`` how far it is (0 to 1). ``data`` is its result.
    """

    shown: Mapping[str, Any]
    role: Role
    labels: Sequence[Mapping[str, str]]
    by: str
    gateway: str
    started: int
    began: float
    seconds: float | None = None
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    state: State = State.RUNNING
    error: str = ""
    data: bytes = b""
    ended: float | None = None
    steps: float | None = None
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def permit(self, caller: Caller) -> None:
        """Pass when ``caller`` may see it. Raises NotAuthorized."""
        caller.require(self.role)
        for labels in self.labels:
            caller.require_module(labels)

    def progress(self, now: float) -> float:
        """How far it is, from 0 to 1: by its steps, else by the time that it is to take."""
        if self.state is State.DONE:
            return 1.0
        if self.steps is not None:
            return min(self.steps, _NEARLY)
        lasted = (now if self.ended is None else self.ended) - self.began
        return min(lasted / self.seconds, _NEARLY) if self.seconds else 0.0

    def as_json(self, now: float) -> dict[str, Any]:
        """It in JSON types, at ``now`` of the clock that ``began`` is of."""
        return {
            "id": self.id,
            **self.shown,
            "state": self.state.value,
            "started": format_millis(self.started),
            "seconds": self.seconds,
            "progress": round(self.progress(now), 3),
            "bytes": len(self.data),
            "error": self.error,
            "gateway": self.gateway,
            "by": self.by,
        }

    def move(self) -> None:
        """Wake those that wait for a change of it."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def moved(self) -> None:
        """Wait for a change of its state."""
        await self._moved.wait()
