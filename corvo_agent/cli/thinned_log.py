"""The log of a program whose lines strangers can cause, thinned."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TextIO

from ..log_thinning import PAUSE, Thinning


class ThinnedHandler(logging.StreamHandler[TextIO]):
    """Writes to ``stream`` one line of a kind in ``PAUSE`` seconds; what it holds back is counted in the next.

    ``clock`` is as in ``Thinning``. A timer writes what is held when no further line comes; closing the handler
    writes it at once.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        # All three belong to the handler's lock, which logging holds around ``emit``.
        self._thinning = Thinning(PAUSE, clock)
        self._timer: threading.Timer | None = None
        self._closed = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or count it; part of logging's Handler."""
        self._write(self._thinning.take(record))
        if self._thinning.holding:
            self._arm()

    def write_held(self) -> None:
        """Write what has been held back for ``PAUSE`` seconds, one line for each kind."""
        with self._guard():
            self._write(self._thinning.due())
            self._timer = None
            if self._thinning.holding:
                self._arm()

    def close(self) -> None:
        """Write all that is held back; part of logging's Handler."""
        with self._guard():
            self._closed = True
            timer, self._timer = self._timer, None
            if timer is not None:
                timer.cancel()
            self._write(self._thinning.due(everything=True))
        super().close()

    def _guard(self) -> threading.RLock:
        assert self.lock is not None
        return self.lock

    def _write(self, records: list[logging.LogRecord]) -> None:
        for record in records:
            super().emit(record)

    def _arm(self) -> None:
        if self._timer is None and not self._closed:
            self._timer = threading.Timer(PAUSE, self.write_held)
            self._timer.daemon = True
            self._timer.start()
