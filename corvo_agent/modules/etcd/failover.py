"""Tries the endpoints of a cluster until one answers, within one bound of time for the whole call."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...backoff import Backoff
from ...errors import DeadlineExceeded, Unavailable
from .errors import FailedAttempt, Kind

T = TypeVar("T")


class Repeat(enum.Enum):
    """What may be sent a second time."""

    ALWAYS = enum.auto()
    """Reads, and writes that do the same when they are carried out twice."""
    UNSENT = enum.auto()
    """Only what certainly was not carried out: the outcome of everything else stays unknown."""


@dataclass(slots=True)
class Call:
    """One call with all its attempts: it ends at ``deadline`` of the loop's clock."""

    deadline: float
    repeat: Repeat
    doubtful: bool = False
    """Whether an attempt that got no answer may have been carried out."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds that one attempt may take, and the part of them that connecting may take."""

    total: float
    connect: float


@dataclass(slots=True)
class Counters:
    """What has happened so far."""

    calls: int = 0
    failures: int = 0
    failovers: int = 0
    reauthentications: int = 0


class Failover:
    """Remembers which endpoint answered last, and goes to the next one when it fails."""

    def __init__(self, endpoints: Sequence[str], connect_timeout: float, counters: Counters) -> None:
        self._endpoints = tuple(endpoints)
        self._connect_timeout = connect_timeout
        self._counters = counters
        self._current = 0

    @property
    def current(self) -> str:
        """The endpoint that is asked first."""
        return self._endpoints[self._current]

    def leave(self, endpoint: str) -> None:
        """``endpoint`` failed: ask the one behind it first, unless another call has moved on already."""
        if endpoint == self.current and len(self._endpoints) > 1:
            self._current = (self._current + 1) % len(self._endpoints)
            self._counters.failovers += 1

    async def run(
        self, attempt: Callable[[str, Budget], Awaitable[T | FailedAttempt]], call: Call
    ) -> T | FailedAttempt:
        """What ``attempt`` gives at the first endpoint that answers, or the failure to tell the caller.

        While members answer that they have no leader or lose the call, they are all asked again after a pause, until
        the deadline. Where no server listens there is nothing to wait for. Cancelling cancels the attempt.
        """
        loop = asyncio.get_running_loop()
        started, backoff = loop.time(), Backoff(0.05, 0.5)
        failures: dict[str, FailedAttempt] = {}
        while True:
            order = self._endpoints[self._current :] + self._endpoints[: self._current]
            for position, endpoint in enumerate(order):
                budget = self._budget(call, loop.time(), len(order) - position)
                if budget.total <= 0:
                    break
                outcome = await attempt(endpoint, budget)
                if not isinstance(outcome, FailedAttempt) or outcome.kind in (Kind.FINAL, Kind.TOKEN):
                    return outcome
                # For the calls of other tasks as well: they need not find out for themselves.
                self.leave(endpoint)
                failures[endpoint] = outcome
                if outcome.kind is Kind.UNKNOWN:
                    call.doubtful = True
                    if call.repeat is Repeat.UNSENT:
                        return self._summary(failures, loop.time() - started)
            # Every endpoint has failed: a pause before the next round, so that a cluster in trouble is not hammered.
            pause = backoff.next()
            unreachable = all(failure.kind is Kind.UNREACHABLE for failure in failures.values())
            if unreachable or loop.time() + pause >= call.deadline:
                return self._summary(failures, loop.time() - started)
            await asyncio.sleep(pause)

    def _budget(self, call: Call, now: float, endpoints: int) -> Budget:
        remaining = call.deadline - now
        share = remaining / endpoints
        # What must not be sent twice gains nothing from time kept for other endpoints, but by the connecting.
        total = share if call.repeat is Repeat.ALWAYS else remaining
        return Budget(total, min(self._connect_timeout, share))

    def _summary(self, failures: dict[str, FailedAttempt], elapsed: float) -> FailedAttempt:
        peers = ", ".join(failures) or ", ".join(self._endpoints)
        errors = [failure.error for failure in failures.values()]
        # One that refused says more than those that were silent.
        if all(isinstance(error, DeadlineExceeded) for error in errors):
            return FailedAttempt(Kind.UNKNOWN, DeadlineExceeded(peers, round(elapsed, 1)))
        reasons = [getattr(error, "reason", str(error)) for error in errors]
        if len(reasons) > 1:
            reasons = [f"{endpoint}: {reason}" for endpoint, reason in zip(failures, reasons, strict=True)]
        return FailedAttempt(Kind.UNKNOWN, Unavailable(peers, "; ".join(reasons)))
