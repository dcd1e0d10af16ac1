"""The kind ``threadcreate``: the stacks that started threads, and which of those are alive."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable

from ..kind import ProfileRequest
from ..pacing.pace import Pace, off_loop
from ..pprof.encoder import encode
from ..pprof.model import Frame, Profile, Sample, Stack, ValueType
from ..recording.recorders import Recorders
from ..stacks.naming import FunctionNames

_CREATED = ValueType("threadcreate", "count")
_ALIVE = ValueType("alive", "count")
_BEFORE = (Frame("[started before the recording]"),)


class ThreadCreateKind:
    """Threads by the stack that started them, since enable-trace was set or in a recording of ``seconds``.

    Without either there is nothing recorded: then it counts the threads that are alive.
    """

    name = "threadcreate"
    parameters = ("seconds",)
    default_seconds: float | None = None

    def __init__(self, recorders: Recorders, program: Callable[[], str]) -> None:
        self._recorders = recorders
        self._program = program

    async def take(self, request: ProfileRequest) -> bytes:
        """A gzipped pprof profile with the sample types ``threadcreate`` and ``alive``."""
        if request.seconds is not None:
            with self._recorders.threads.recording():
                await asyncio.sleep(request.seconds)
                return await off_loop(self._answer)
        return await off_loop(self._answer)

    def _answer(self, pace: Pace) -> bytes:
        names = FunctionNames()
        creations = self._recorders.threads
        alive: Counter[Stack] = Counter()
        for thread in pace.over(threading.enumerate()):
            creation = creations.find(thread, names)
            alive[_BEFORE if creation is None else creation.stack] += 1
        started = creations.totals(names)
        stacks = dict.fromkeys((*started, *alive))
        profile = Profile(
            sample_types=(_CREATED, _ALIVE),
            samples=[Sample(stack, (started.get(stack, alive[stack]), alive[stack])) for stack in stacks],
            default_sample_type=_CREATED.type,
            period_type=_CREATED,
            period=1,
            time_ns=time.time_ns(),
            comments=(
                "since enable-trace was set, or in the recording"
                if creations.active
                else "nothing was recorded: enable-trace or seconds=N tell the stacks that start threads",
            ),
            program=self._program(),
        )
        return encode(profile, pace)
