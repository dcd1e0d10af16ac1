"""What records all the time while enable-trace is set: allocations, waits, and the stacks that start tasks and threads.

Each of these costs something, so they are off otherwise; a query for a recording of N seconds switches on what it needs
for so long.
"""

from __future__ import annotations

import contextlib
import threading

from ..heap.tracing import HeapTrace
from ..pacing.loops import Loops
from ..pacing.pace import Cancelled, Pace
from .contention import ContentionWatch
from .creation_stacks import TaskCreations, ThreadCreations

#: Frames that are kept of each allocation while enable-trace is set.
TRACE_FRAMES = 4
_JOIN_SECONDS = 1.0


class Recorders:
    """The recorders of this process. The agent calls ``enable`` with the Module's enable-trace, and at its end.

    ``loops`` are those whose tasks are recorded. Everything is to be called in the thread of a watched loop.
    """

    def __init__(self, loops: Loops | None = None) -> None:
        self.loops = Loops() if loops is None else loops
        self.heap = HeapTrace()
        self.tasks = TaskCreations()
        self.threads = ThreadCreations()
        #: What has been seen waiting since enable-trace was set; None while it is not.
        self.contention: ContentionWatch | None = None
        self._pace: Pace | None = None
        self._thread: threading.Thread | None = None

    @property
    def enabled(self) -> bool:
        """Whether enable-trace is set."""
        return self.contention is not None

    def enable(self, on: bool, /) -> None:
        """Switch all recorders on or off; a second time the same changes nothing.

        Blocks for about ten milliseconds when it switches off: the watching thread has ended afterwards.
        """
        if on == self.enabled:
            return
        if on:
            self._start()
        else:
            self._stop()

    def _start(self) -> None:
        self.loops.watch_running()
        self.heap.acquire(TRACE_FRAMES)
        self.threads.enable()
        for watched in self.loops:
            if watched.thread == threading.get_ident():
                self.tasks.enable(watched.loop)
            else:
                # A task factory belongs to the thread of its loop.
                watched.loop.call_soon_threadsafe(self.tasks.enable, watched.loop)
        watch, pace = ContentionWatch(self.loops), Pace()
        self.contention, self._pace = watch, pace
        self._thread = threading.Thread(target=_run, args=(watch, pace), name="corvo-contention", daemon=True)
        self._thread.start()

    def _stop(self) -> None:
        if self._pace is not None and self._thread is not None:
            self._pace.cancel()
            self._thread.join(_JOIN_SECONDS)
        self.contention = self._pace = self._thread = None
        for watched in self.loops:
            if watched.thread == threading.get_ident():
                self.tasks.disable(watched.loop)
            else:
                with contextlib.suppress(RuntimeError):
                    watched.loop.call_soon_threadsafe(self.tasks.disable, watched.loop)
        self.threads.disable()
        self.heap.release()


def _run(watch: ContentionWatch, pace: Pace) -> None:
    with contextlib.suppress(Cancelled):
        watch.run(pace)
