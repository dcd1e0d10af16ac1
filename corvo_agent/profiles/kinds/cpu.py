"""The kind ``profile``: where the processor time (or the time, or the GIL) goes, for N seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ...errors import Unsupported
from ..kind import CHILDREN, ProfileRequest
from ..pacing.exclusive import THIS_PROCESS, Exclusive
from ..pprof.encoder import encode_off_loop
from ..sampling.engine import (
    BUDGET_PERCENT,
    DEFAULT_HZ,
    MAX_HZ,
    Mode,
    Recording,
    SamplingEngine,
    SamplingOrder,
    cpu_profile,
)
from ..sampling.shared import SharedSampler

DEFAULT_SECONDS = 10.0
_AUTO = "auto"
_PARAMETERS = ("seconds", "hz", "mode", "engine", "budget")


def wants_children(request: ProfileRequest) -> bool:
    """Whether ``request`` is about the processes below the target, too. Raises InvalidArgument."""
    return request.choice(CHILDREN, "no", ("yes", "no")) == "yes"


class CpuKind:
    """Samples with one of ``engines``: the first that is fit and can, or the one that the query names.

    Parameters: ``seconds`` (10), ``hz`` (100, at most 1000), ``mode`` (cpu, wall, gil), ``engine`` (auto or a name),
    ``budget`` (percent of the target's time that sampling may cost, 2). ``program`` tells the file that runs. With
    ``trees``, which says that the engines can, also ``children`` (no, yes: the processes below the target, too).
    """

    name = "profile"
    default_seconds: float | None = DEFAULT_SECONDS

    def __init__(
        self,
        engines: Sequence[SamplingEngine],
        program: Callable[[], str],
        exclusive: Exclusive = THIS_PROCESS,
        *,
        trees: bool = False,
    ) -> None:
        self.parameters = (*_PARAMETERS, *((CHILDREN,) if trees else ()))
        self._engines = tuple(engines)
        self._program = program
        self._sampler = SharedSampler(exclusive)

    async def take(self, request: ProfileRequest) -> bytes:
        """A gzipped pprof profile with the sample types ``samples`` and ``cpu`` (or ``wall``).

        Callers who ask for the same share one sampler (``SharedSampler``); those with other parameters take turns, in
        the order in which they ask. Raises InvalidArgument, ResourceExhausted when its turn does not come in
        time, Unsupported when no engine can.
        """
        wanted = request.choice("engine", _AUTO, (_AUTO, *(engine.name for engine in self._engines)))
        order = SamplingOrder(
            seconds=DEFAULT_SECONDS if request.seconds is None else request.seconds,
            hz=request.number("hz", DEFAULT_HZ, 1, MAX_HZ),
            mode=Mode(request.choice("mode", Mode.CPU.value, [mode.value for mode in Mode])),
            budget=request.number("budget", BUDGET_PERCENT, 0.1, 100),
            children=wants_children(request),
        )
        record = partial(self._record, wanted)
        recording, notes = await self._sampler.record(wanted, order, record, request.patience)
        return await encode_off_loop(cpu_profile(recording, order, self._program(), notes))

    async def _record(self, wanted: str, order: SamplingOrder) -> tuple[Recording, list[str]]:
        notes: list[str] = []
        for engine in self._engines:
            if wanted not in (_AUTO, engine.name):
                continue
            reason = engine.unfit(order) if wanted == _AUTO and engine is not self._engines[-1] else ""
            if not reason:
                try:
                    return await engine.record(order), notes
                except Unsupported as error:
                    reason = error.reason
            notes.append(f"not with {engine.name}: {reason}")
        raise Unsupported(f"a profile in mode {order.mode.value}", "; ".join(notes))
