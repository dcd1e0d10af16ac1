"""What an engine that samples stacks is asked for and gives back, whichever it is."""

from __future__ import annotations

import enum
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..pprof.model import Frame, Profile, Sample, ValueType

#: The share of the target's time that sampling may cost before the rate is lowered, in percent.
BUDGET_PERCENT = 2.0
DEFAULT_HZ = 100
MAX_HZ = 1000
# Of a normal distribution, 95 % lie within so many standard deviations.
_DEVIATIONS = 1.96
#: Processor time that was used while no stack was looked at.
UNSEEN = Frame("[unseen]")


class Mode(enum.Enum):
    """Which threads count at a sample."""

    #: Those that use a processor.
    CPU = "cpu"
    #: All of them, waiting ones too.
    WALL = "wall"
    #: The one that holds the GIL.
    GIL = "gil"


@dataclass(frozen=True, slots=True)
class SamplingOrder:
    """Sample for ``seconds``, ``hz`` times a second, costing the target at most ``budget`` percent.

    ``children``: the processes below it, too, where the engine can. When ``stop`` is set, it ends within a moment, as
    if its time was over.
    """

    seconds: float
    hz: float = DEFAULT_HZ
    mode: Mode = Mode.CPU
    budget: float = BUDGET_PERCENT
    children: bool = False
    stop: threading.Event | None = field(default=None, compare=False)

    @property
    def is_over(self) -> bool:
        """Whether ``stop`` is set."""
        return self.stop is not None and self.stop.is_set()


@dataclass(frozen=True, slots=True)
class Recording:
    """What an engine saw. Each sample has two values: how often it was seen, and for how many nanoseconds it stands.

    ``asked`` and ``taken`` count the moments at which all threads were looked at, ``errors`` the stacks that could
    not be read, ``cost`` is what sampling took in percent (of what, ``notes`` says). ``period_ns`` is the time
    between two looks as it was in the end. ``spread`` is the sum of the squares of what independent looks are worth,
    ``doubted`` how much may be at another line of its thread than where it was: nanoseconds (squared for the former).
    """

    engine: str
    samples: list[Sample]
    time_ns: int
    duration_ns: int
    period_ns: int
    asked: int
    taken: int
    errors: int = 0
    cost: float = 0.0
    notes: tuple[str, ...] = field(default=())
    spread: float = 0.0
    doubted: float = 0.0

    @property
    def error_points(self) -> float:
        """How far the share of a function may be from the truth: percent of all, in 19 of 20 recordings at least.

        Looks come at random moments, so how many of them find a function is binomial: a share p of n looks is off by
        less than 1.96 sqrt(p (1 - p) / n), which is most for p = 1/2; looks that are worth w are 1 / sum(w * w).
        """
        total = sum(sample.values[1] for sample in self.samples)
        return min(100 * (_DEVIATIONS / 2 * math.sqrt(self.spread) + self.doubted) / total, 100.0) if total else 0.0


class SamplingEngine(Protocol):
    """Samples the stacks of one process: ``ThreadSampler`` from within, ``PySpy`` from outside."""

    @property
    def name(self) -> str:
        """What the parameter ``engine`` calls it."""
        ...

    def unfit(self, order: SamplingOrder) -> str:
        """Why another engine, if there is one, would do better; "" when this one is fit."""
        ...

    async def record(self, order: SamplingOrder) -> Recording:
        """Sample as ordered. Raises Unsupported where the system does not let it. Cancelling leaves nothing."""
        ...


def cpu_profile(recording: Recording, order: SamplingOrder, program: str, notes: Sequence[str] = ()) -> Profile:
    """The recording as pprof knows CPU profiles, with what is to know about its making in the comments."""
    kind = ValueType("wall" if order.mode is Mode.WALL else "cpu", "nanoseconds")
    comments = (
        f"engine: {recording.engine}, mode: {order.mode.value}",
        f"samples: asked {recording.asked}, taken {recording.taken}, errors {recording.errors}",
        *_error(recording),
        f"cost: {recording.cost:.2f} % (budget {order.budget:g} %)",
        *notes,
        *recording.notes,
    )
    return Profile(
        sample_types=(ValueType("samples", "count"), kind),
        samples=recording.samples,
        default_sample_type=kind.type,
        period_type=kind,
        period=recording.period_ns,
        time_ns=recording.time_ns,
        duration_ns=recording.duration_ns,
        comments=comments,
        program=program,
    )


def _error(recording: Recording) -> tuple[str, ...]:
    looks = sum(sample.values[0] for sample in recording.samples)
    if not recording.spread:
        return ()
    return (
        f"shares are within {recording.error_points:.1f} points of the truth in 19 of 20 such profiles, by {looks}"
        " looks at threads",
    )
