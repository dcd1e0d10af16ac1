"""Gets levels into a foreign program by its hooks: until they are in, and again for a program that has restarted."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from ...backoff import Backoff
from ...clock import SYSTEM_CLOCK, Clock
from ...errors import DeadlineExceeded, InvalidArgument, Unavailable
from ...levels.level import Level
from ...levels.level_filter import MAX_LOGGERS
from ...levels.logger_name import shown_logger_name
from ...levels.state import LevelState
from ...timestamps import format_rfc3339
from .protocol import LevelChange, LevelHook

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HookStatistics:
    """How one hook is doing.

    ``level`` is what it has set last, "" if nothing yet, at wall time ``set_at``; ``pending`` is whether it still has
    to set what is wanted. ``done`` and ``failed`` count attempts, ``error`` is the text of the last failure since the
    last success. ``ignored_loggers`` have levels of their own that are not set: the hook sets none, their names
    cannot be passed on, or there are more than a program is told.
    """

    name: str
    level: str = ""
    set_at: str = ""
    pending: bool = False
    done: int = 0
    failed: int = 0
    error: str = ""
    ignored_loggers: int = 0


class HookRunner:
    """Hands states to ``hooks``, each on its own: one that fails or hangs holds up no other.

    ``apply`` takes the state that has to hold, and is what a LevelSync applies with. ``run`` does the work: a change
    that fails, or takes longer than ``timeout`` seconds, is tried again after a pause that grows to ``max_pause``, and
    those of other loggers go before it; a newer state is tried at once and the older one forgotten. ``again`` is to be
    called when the program has restarted; where that cannot be seen, ``repeat`` hands the state out again every so many
    seconds, 0 never. ``held`` is for states that are only a guess at first: nothing is set before ``release``.
    """

    def __init__(
        self,
        hooks: Sequence[LevelHook],
        *,
        clock: Clock = SYSTEM_CLOCK,
        timeout: float = 15.0,
        repeat: float = 0.0,
        max_pause: float = 30.0,
        held: bool = False,
    ) -> None:
        self._listeners: list[Callable[[], object]] = []
        self._workers = [_Worker(hook, clock, timeout, Backoff(0.5, max_pause), self._moved) for hook in hooks]
        self._clock = clock
        self._repeat = repeat
        self._held = held
        self._released = asyncio.Event()
        if not held:
            self._released.set()

    def apply(self, state: LevelState) -> None:
        """Have ``state`` set by every hook; returns at once. Belongs to the event loop's thread."""
        for worker in self._workers:
            worker.want(state)

    def subscribe(self, listener: Callable[[], object]) -> None:
        """Call ``listener`` whenever ``fault`` may be another than before; it must not raise."""
        self._listeners.append(listener)

    @property
    def fault(self) -> str:
        """What still keeps the state that was applied last from being in force, "" for nothing."""
        pending = [each for each in self.statistics() if each.pending]
        return "; ".join(f"{each.name}: {each.error or 'it is not set yet'}" for each in pending)

    def _moved(self) -> None:
        for listener in self._listeners:
            listener()

    def release(self, *, changed: bool = False) -> None:
        """Let what is wanted be set from now on. Belongs to the event loop's thread.

        ``changed`` is whether the program's level may be another one than its own already: a runner before this one
        has set it. Then also a state without a level is set, as Info.
        """
        if changed and not self._released.is_set():
            for worker in self._workers:
                worker.found_changed()
        self._released.set()

    def again(self) -> None:
        """Have everything set once more: the program is another one. Belongs to the event loop's thread."""
        for worker in self._workers:
            worker.again()

    def statistics(self) -> tuple[HookStatistics, ...]:
        """How each hook is doing."""
        return tuple(worker.statistics() for worker in self._workers)

    def as_json(self) -> list[dict[str, object]]:
        """``statistics`` in JSON types, as they are published."""
        return [asdict(statistics) for statistics in self.statistics()]

    async def run(self) -> None:
        """Work until cancelled; may be run again, and waits again for ``release`` then if it is ``held``."""
        await self._released.wait()
        try:
            async with asyncio.TaskGroup() as tasks:
                for worker in self._workers:
                    tasks.create_task(worker.run(), name=f"corvo-level-hook {worker.name}")
                if self._repeat > 0:
                    tasks.create_task(self._say_again(), name="corvo-level-hook-repeat")
        finally:
            if self._held:
                # Run again, it does not know either what is wanted until it is told.
                self._released.clear()

    async def _say_again(self) -> None:
        while True:
            await self._clock.sleep(self._repeat)
            self.again()


class _Worker:
    """One hook, and what it still has to set."""

    def __init__(
        self, hook: LevelHook, clock: Clock, timeout: float, backoff: Backoff, tell: Callable[[], object]
    ) -> None:
        self.name = hook.name
        self._tell = tell
        self._hook = hook
        self._clock = clock
        self._timeout = timeout
        self._backoff = backoff
        # What has to hold, and what holds; the same object once it does.
        self._wanted: LevelState | None = None
        self._holds: LevelState | None = None
        self._moved = asyncio.Event()
        # Whether the program's level is not its own any more, because of us.
        self._changed = False
        # Loggers that have a level of their own in the program because of us.
        self._named: set[str] = set()
        # The changes that are left of the state that is being set, and how many loggers of it are not told.
        self._planned: LevelState | None = None
        self._left: deque[LevelChange] = deque()
        self._ignored = 0
        self._set_at = self._done = self._failed = 0
        self._level = self._error = ""

    def found_changed(self) -> None:
        """Take it that the program's level is not its own any more."""
        self._changed = True

    def want(self, state: LevelState) -> None:
        """Set ``state``, and nothing that was wanted before it."""
        # States also differ in who set them and why, which the program is not told.
        if self._wanted is None or not _same_levels(state, self._wanted):
            self._wanted = state
            self._backoff.reset()
            self._moved.set()

    def again(self) -> None:
        """Set once more what is wanted: the program does not know it any more."""
        self._holds = self._planned = None
        self._changed = False
        self._named.clear()
        self._backoff.reset()
        self._moved.set()
        self._tell()

    async def run(self) -> None:
        """Set what is wanted whenever there is something, until cancelled."""
        while True:
            self._moved.clear()
            wanted = self._wanted
            if wanted is None or wanted is self._holds:
                await self._moved.wait()
            # A newer state ends the pause: it is not to wait for the failures of an older one.
            elif not await self._attempt(wanted):
                await self._pause(self._backoff.next())

    async def _attempt(self, wanted: LevelState) -> bool:
        if self._planned is not wanted:
            self._planned, self._left = wanted, self._plan(wanted)
        # A newer state, or a program that restarted, is not to wait until all of this one is set.
        while self._left and not self._moved.is_set():
            if not await self._step(wanted, self._left):
                return False
        if self._moved.is_set():
            return True
        self._done += 1
        self._set_at = self._clock.time_ns()
        self._level = wanted.level_text
        if self._error:
            _log.info("%s: the level is %s now", self.name, self._level)
        self._error = ""
        self._holds = wanted
        self._tell()
        return True

    async def _step(self, wanted: LevelState, left: deque[LevelChange]) -> bool:
        change = left[0]
        # Before the call: one that was given up may have reached the program all the same.
        if not change.logger:
            self._changed = True
        elif not change.reset:
            self._named.add(change.logger)
        try:
            async with asyncio.timeout(self._timeout) as limit:
                await self._hook.set_level(change)
        except Exception as error:
            shown = DeadlineExceeded(self.name, self._timeout) if limit.expired() else error
            self._note_failure(wanted, f"{shown}" or type(shown).__name__)
            if isinstance(error, Unavailable) and not self._moved.is_set():
                # When it is there again it may be another one, which knows nothing of what has been set.
                self._planned = None
            elif change.logger:
                # One that is not taken holds up no other.
                left.rotate(-1)
            return False
        left.popleft()
        if change.reset:
            self._named.discard(change.logger)
        self._backoff.reset()
        return True

    def _plan(self, wanted: LevelState) -> deque[LevelChange]:
        """All of ``wanted``: first the level of all, because it may undo what single loggers have."""
        plan: deque[LevelChange] = deque()
        level = Level.INFO if wanted.level is None else wanted.level
        # A hook cannot ask for the level that the program had: once it was changed, Info is what ends the change.
        if wanted.level is not None or self._changed:
            plan.append(LevelChange(level))
        if not self._hook.knows_loggers:
            self._ignored = len(wanted.loggers)
            return plan
        # What this process never set is not reset either: it may be the program's own configuration.
        plan.extend(LevelChange(level, name, reset=True) for name in sorted(self._named - wanted.loggers.keys()))
        refused: list[str] = []
        for name, own in islice(wanted.loggers.items(), MAX_LOGGERS):
            try:
                plan.append(LevelChange(own, name))
            except InvalidArgument:
                refused.append(name)
        self._ignored = len(refused) + max(0, len(wanted.loggers) - MAX_LOGGERS)
        if self._ignored:
            some = f", such as {shown_logger_name(refused[0])}" if refused else f": it is told of {MAX_LOGGERS}"
            _log.warning("%s: %d loggers are left out%s", self.name, self._ignored, some)
        return plan

    def _note_failure(self, wanted: LevelState, text: str) -> None:
        self._failed += 1
        # Once for each kind of failure: a program that is down for a night is one line, not ten thousand.
        level = logging.DEBUG if text == self._error else logging.WARNING
        self._error = text
        self._tell()
        _log.log(level, "%s: the level is not %s yet, trying again: %s", self.name, wanted.level_text, text)

    async def _pause(self, seconds: float) -> None:
        sleep = asyncio.ensure_future(self._clock.sleep(seconds))
        moved = asyncio.ensure_future(self._moved.wait())
        try:
            await asyncio.wait((sleep, moved), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            moved.cancel()
            await asyncio.wait((sleep, moved))

    def statistics(self) -> HookStatistics:
        """How it is doing."""
        wanted = self._wanted
        return HookStatistics(
            self.name,
            self._level,
            format_rfc3339(self._set_at),
            wanted is not None and wanted is not self._holds,
            self._done,
            self._failed,
            self._error,
            self._ignored,
        )


def _same_levels(one: LevelState, other: LevelState) -> bool:
    return (one.level, one.loggers) == (other.level, other.loggers)
