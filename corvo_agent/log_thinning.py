"""A log that cannot be flooded: of lines of one kind it writes one a second, and how many there were."""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

#: Seconds between two lines of one kind: a person sees that it goes on, and a disk holds months of it.
PAUSE = 1.0
#: Kinds that are told apart; the one seen first makes place for one more. A program has some hundred log statements.
MAX_KINDS = 1000

_Kind = tuple[str, int, str, type[BaseException] | None]


@dataclass(slots=True)
class _Window:
    """Since when lines of a kind are held back, how many are, and the last of them."""

    since: float
    held: int = 0
    last: logging.LogRecord | None = None


class Thinning:
    """Which records of a log are written: of a kind, one in ``pause`` seconds, the next one with the number of them.

    Records are of one kind when one statement made them: the same logger, level, text before its arguments are filled
    in, and class of error. ``clock`` gives seconds that never go back. It has no lock: its owner has one.
    """

    def __init__(self, pause: float = PAUSE, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause = pause
        self._clock = clock
        self._windows: dict[_Kind, _Window] = {}

    def __len__(self) -> int:
        return len(self._windows)

    @property
    def holding(self) -> bool:
        """Whether any record is held back."""
        return any(window.held for window in self._windows.values())

    def take(self, record: logging.LogRecord) -> list[logging.LogRecord]:
        """What to write now that ``record`` has come: nothing while it is held back."""
        kind, now = _kind_of(record), self._clock()
        window = self._windows.get(kind)
        if window is None:
            room = self._make_room()
            self._windows[kind] = _Window(now)
            return [*room, record]
        window.held += 1
        window.last = record
        return self._due(window, now) if now - window.since >= self._pause else []

    def due(self, *, everything: bool = False) -> list[logging.LogRecord]:
        """What has been held back for ``pause`` seconds, one record for each kind; ``everything`` without waiting."""
        now = self._clock()
        found = [window for window in self._windows.values() if everything or now - window.since >= self._pause]
        return [record for window in found for record in self._due(window, now)]

    def _make_room(self) -> list[logging.LogRecord]:
        if len(self._windows) < MAX_KINDS:
            return []
        return self._due(self._windows.pop(next(iter(self._windows))), self._clock())

    def _due(self, window: _Window, now: float) -> list[logging.LogRecord]:
        record, count = window.last, window.held
        window.held, window.last = 0, None
        if record is None:
            return []
        window.since = now
        told = copy.copy(record)
        more = "" if count == 1 else f" (the last of {count} such lines)"
        told.msg, told.args = f"{record.getMessage()}{more}", ()
        # What the first line of its kind has shown is not shown again and again.
        told.exc_info = told.exc_text = told.stack_info = None
        return [told]


class ThinningFilter(logging.Filter):
    """For the logger of a module whose lines strangers, or a store that is away, can cause.

    It needs no timer and no thread in the program that it works in: what it holds back is told by the next line of its
    kind.
    """

    def __init__(self, pause: float = PAUSE, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._thinning = Thinning(pause, clock)
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether ``record`` is written; part of logging's Filter."""
        with self._lock:
            written = self._thinning.take(record)
        if not written:
            return False
        told = written[-1]
        record.msg, record.args = told.msg, told.args
        record.exc_info, record.exc_text, record.stack_info = told.exc_info, told.exc_text, told.stack_info
        return True


def _kind_of(record: logging.LogRecord) -> _Kind:
    # Of asyncio's own lines only the first is the same each time.
    text = str(record.msg).partition("\n")[0]
    return record.name, record.levelno, text, record.exc_info[0] if record.exc_info else None
