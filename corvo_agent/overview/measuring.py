"""Asks an agent for what a glance at its Module shows: statistics, and the errors of the last minutes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..clock import SYSTEM_CLOCK, Clock
from ..diagnostics.client.typed_client import TypedClient
from ..errors import CorvoError, DeadlineExceeded, OtherAgent, Unavailable
from .facts import Facts, facts
from .recent_errors import RecentErrors

#: Seconds that an agent has to answer, for each of its two answers.
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What an agent said when it was asked at ``asked`` (wall time in nanoseconds).

    ``errors`` is None where they are not known; ``at_least``: there may be more, and ``remarks`` are what it says of
    lines that it could not judge. ``why`` is what it does not tell, and the reason. ``unanswered`` is why it did not
    answer at all; ``frozen``: it can be reached, but gives no answer in time. ``workers`` is how many processes of the
    Module were known to who asked, None where that is not known.
    """

    asked: int
    errors: int | None = None
    at_least: bool = False
    remarks: tuple[str, ...] = ()
    facts: Facts = field(default_factory=Facts)
    why: str = ""
    unanswered: str = ""
    frozen: bool = False
    workers: int | None = None


def unanswered(asked: int, error: CorvoError) -> Measured:
    """What ``error``, which ended a question to an agent, says of that agent."""
    if isinstance(error, DeadlineExceeded):
        return Measured(asked, unanswered=str(error), frozen=True)
    if isinstance(error, Unavailable | OtherAgent):
        return Measured(asked, unanswered=str(error))
    # It is there, but does not tell this.
    return Measured(asked, why=str(error))


async def measure(client: TypedClient, recent: RecentErrors, clock: Clock = SYSTEM_CLOCK) -> Measured:
    """Ask ``client`` now; ``recent`` is what is known of its errors from before. Raises nothing but CancelledError."""
    found = Measured(clock.time_ns())
    try:
        found = replace(found, facts=facts(await client.stats(timeout=PATIENCE)))
    except CorvoError as error:
        found = unanswered(found.asked, error)
        if found.unanswered:
            return found
    now = clock.time_ns()
    try:
        recent.take(await client.logs(recent.parameters(now), timeout=PATIENCE), now)
    except CorvoError as error:
        return replace(found, why=found.why or str(error))
    return replace(found, errors=recent.count(now), at_least=recent.at_least, remarks=recent.remarks)
