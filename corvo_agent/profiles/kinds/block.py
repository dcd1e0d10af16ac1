"""The kinds ``block`` and ``mutex``: where loops stall and tasks wait, and who stands at a lock."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..kind import ProfileRequest
from ..pacing.pace import beside_loop, off_loop
from ..pprof.encoder import encode
from ..pprof.model import Profile, ValueType
from ..recording.contention import LOOK_SECONDS, STALL_SECONDS, TASKS_SECONDS, ContentionWatch, Delays
from ..recording.recorders import Recorders
from ..stacks.thread_frames import not_seen

RECORDING_SECONDS = 5.0
_CONTENTIONS = ValueType("contentions", "count")
_DELAY = ValueType("delay", "nanoseconds")


class ContentionKind:
    """``block`` or ``mutex``: since enable-trace was set, or in a recording of ``seconds`` (5 while it is not set)."""

    parameters = ("seconds",)

    def __init__(
        self,
        name: str,
        pick: Callable[[ContentionWatch], Delays],
        comment: str,
        recorders: Recorders,
        program: Callable[[], str],
    ) -> None:
        self.name = name
        self._pick = pick
        self._comment = comment
        self._recorders = recorders
        self._program = program

    @property
    def default_seconds(self) -> float | None:
        """How long to record, unless that is done all the time."""
        return None if self._recorders.enabled else RECORDING_SECONDS

    async def take(self, request: ProfileRequest) -> bytes:
        """A gzipped pprof profile with the sample types ``contentions`` and ``delay``."""
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
            sample_types=(_CONTENTIONS, _DELAY),
            samples=self._pick(watch).samples(),
            default_sample_type=_DELAY.type,
            period_type=_CONTENTIONS,
            period=1,
            time_ns=watch.since_ns,
            duration_ns=lasted,
            comments=(
                f"seen in {lasted / 1e9:.1f} s of looking every {LOOK_SECONDS:g} s, at tasks every {TASKS_SECONDS:g} s",
                self._comment,
                *not_seen(),
            ),
            program=self._program(),
        )


def block_kind(recorders: Recorders, program: Callable[[], str]) -> ContentionKind:
    """Stalls of event loops, and tasks that wait for locks, queues, events and the like."""
    comment = f"an event loop that is late by over {STALL_SECONDS * 1000:.0f} ms stalls; the stack says in what"
    return ContentionKind("block", lambda watch: watch.block, comment, recorders, program)


def mutex_kind(recorders: Recorders, program: Callable[[], str]) -> ContentionKind:
    """Where threads and tasks wait for a lock, and for how long: the counterpart of Go's ``mutex``."""
    comment = "the stacks are those of the threads and tasks that wait, not of the one that has the lock"
    return ContentionKind("mutex", lambda watch: watch.mutex, comment, recorders, program)
