"""A log that cannot be flooded: of lines of one kind it writes one a second, and how many there were."""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

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


class ThinnedHandler(logging.StreamHandler[TextIO]):
    """Writes to ``stream`` one line of a kind in ``PAUSE`` seconds; what it holds back is counted in the next.

    Lines are of one kind when one statement made them: the same logger, level, text before its arguments are filled
    in, and class of error. ``clock`` gives seconds that never go back. A timer writes what is held when no further line
    comes; closing the handler writes it at once.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self._clock = clock
        # All three belong to the handler's lock, which logging holds around ``emit``.
        self._windows: dict[_Kind, _Window] = {}
        self._timer: threading.Timer | None = None
        self._closed = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or count it; part of logging's Handler."""
        kind, now = _kind_of(record), self._clock()
        window = self._windows.get(kind)
        if window is None:
            self._make_place()
            self._windows[kind] = _Window(now)
        elif now - window.since < PAUSE or window.held:
            window.held += 1
            window.last = record
            self._arm()
            return
        else:
            window.since = now
        super().emit(record)

    def write_held(self) -> None:
        """Write what has been held back for ``PAUSE`` seconds, one line for each kind."""
        with self._guard():
            now = self._clock()
            for window in self._windows.values():
                if now - window.since >= PAUSE:
                    self._write(window, now)
            self._timer = None
            if any(window.held for window in self._windows.values()):
                self._arm()

    def close(self) -> None:
        """Write all that is held back; part of logging's Handler."""
        with self._guard():
            self._closed = True
            timer, self._timer = self._timer, None
            if timer is not None:
                timer.cancel()
            for window in self._windows.values():
                self._write(window, self._clock())
        super().close()

    def _guard(self) -> threading.RLock:
        assert self.lock is not None
        return self.lock

    def _make_place(self) -> None:
        if len(self._windows) >= MAX_KINDS:
            oldest = next(iter(self._windows))
            self._write(self._windows.pop(oldest), self._clock())

    def _write(self, window: _Window, now: float) -> None:
        record, count = window.last, window.held
        window.held, window.last = 0, None
        if record is None:
            return
        window.since = now
        told = copy.copy(record)
        more = "" if count == 1 else f" (the last of {count} such lines)"
        told.msg, told.args = f"{record.getMessage()}{more}", ()
        # What the first line of its kind has shown is not shown again and again.
        told.exc_info = told.exc_text = told.stack_info = None
        super().emit(told)

    def _arm(self) -> None:
        if self._timer is None and not self._closed:
            self._timer = threading.Timer(PAUSE, self.write_held)
            self._timer.daemon = True
            self._timer.start()


def _kind_of(record: logging.LogRecord) -> _Kind:
    # Of asyncio's own lines only the first is the same each time.
    text = str(record.msg).partition("\n")[0]
    return record.name, record.levelno, text, record.exc_info[0] if record.exc_info else None
