"""The kinds ``block`` and ``mutex``: where loops stall and tasks wait, and who stands at a lock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from ..kind import ProfileRequest
from ..pacing.pace import beside_loop, off_loop
from ..pprof.encoder import encode
from ..pprof.model import Profile, Sample, ValueType
from ..recording.contention import LOOK_SECONDS, STALL_SECONDS, TASKS_SECONDS, ContentionWatch, Delays
from ..recording.recorders import Recorders
from ..stacks.own import remarks
from ..stacks.thread_frames import not_seen

RECORDING_SECONDS = 5.0
CONTENTIONS = ValueType("contentions", "count")
DELAY = ValueType("delay", "nanoseconds")
STALLS = ValueType("stalls", "count")
STALL = ValueType("stall", "nanoseconds")


class ContentionKind:
    """``block`` or ``mutex``: since enable-trace was set, or in a recording of ``seconds`` (5 while it is not set).

    ``pick`` gives what was counted, one for each pair of ``types``: how often, and for how many nanoseconds.
    """

    parameters = ("seconds",)

    def __init__(
        self,
        name: str,
        types: Sequence[tuple[ValueType, ValueType]],
        pick: Callable[[ContentionWatch], Sequence[Delays]],
        tell: Callable[[ContentionWatch], Sequence[str]],
        recorders: Recorders,
        program: Callable[[], str],
    ) -> None:
        self.name = name
        self._types = types
        self._pick = pick
        self._tell = tell
        self._recorders = recorders
        self._program = program

    @property
    def default_seconds(self) -> float | None:
        """How long to record, unless that is done all the time."""
        return None if self._recorders.enabled else RECORDING_SECONDS

    async def take(self, request: ProfileRequest) -> bytes:
        """A gzipped pprof profile with the sample types ``contentions`` and ``delay``, of ``block`` with two more.

        These are ``stalls`` and ``stall``: how often and how long an event loop did not turn, by what held it.
        """
        watch = self._recorders.contention
        seconds = request.seconds
        if watch is None or seconds is not None:
            self._recorders.loops.watch_running()
            watch = ContentionWatch(self._recorders.loops)
            # Without the recorders on there is nothing from before: something has to be waited for.
            lasted = RECORDING_SECONDS if seconds is None else seconds
            await beside_loop(lambda pace: watch.run(pace, lasted), "corvo-contention")
        profile = self._profile(watch)
        return await off_loop(lambda pace: encode(profile, pace))

    def _profile(self, watch: ContentionWatch) -> Profile:
        lasted = time.time_ns() - watch.since_ns
        return Profile(
            sample_types=tuple(each for pair in self._types for each in pair),
            samples=self._samples(watch),
            default_sample_type=DELAY.type,
            period_type=CONTENTIONS,
            period=1,
            time_ns=watch.since_ns,
            duration_ns=lasted,
            comments=(
                f"seen in {lasted / 1e9:.1f} s of looking every {LOOK_SECONDS:g} s, at tasks every {TASKS_SECONDS:g} s",
                *self._tell(watch),
                *not_seen(),
                *remarks(),
            ),
            program=self._program(),
        )

    def _samples(self, watch: ContentionWatch) -> Iterator[Sample]:
        picked = self._pick(watch)
        for place, delays in enumerate(picked):
            before, behind = (0, 0) * place, (0, 0) * (len(picked) - place - 1)
            for sample in delays.samples():
                yield sample._replace(values=(*before, *sample.values, *behind))


def block_kind(recorders: Recorders, program: Callable[[], str]) -> ContentionKind:
    """Where tasks wait for locks, queues, events and the like; and, apart from that, stalls of event loops."""
    types = ((CONTENTIONS, DELAY), (STALLS, STALL))
    return ContentionKind("block", types, lambda watch: (watch.block, watch.stalls), _stalls, recorders, program)


def mutex_kind(recorders: Recorders, program: Callable[[], str]) -> ContentionKind:
    """Where threads and tasks wait for a lock, and for how long: the counterpart of Go's ``mutex``."""
    comment = "the stacks are those of the threads and tasks that wait, not of the one that has the lock"
    types = ((CONTENTIONS, DELAY),)
    return ContentionKind("mutex", types, lambda watch: (watch.mutex,), lambda watch: (comment,), recorders, program)


def _stalls(watch: ContentionWatch) -> Sequence[str]:
    found = [sample.values for sample in watch.stalls.samples()]
    times, nanoseconds = sum(each[0] for each in found), sum(each[1] for each in found)
    late = f"{STALL_SECONDS * 1000:.0f} ms"
    if not found:
        said = f"no event loop was late by over {late}"
    else:
        said = f"event loops were late by over {late} {times} times, {nanoseconds / 1e9:.2f} s in all: "
        said += f"sample type {STALL.type} says in what"
    own = (f"{watch.own} waits of the agent's own tasks are left out",) if watch.own else ()
    return (said, *own)
