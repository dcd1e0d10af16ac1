"""What the level tests share: a logging tree that is as it was before once a test is over."""

from __future__ import annotations

import contextlib
import itertools
import logging
import sys
from collections.abc import Iterator

from corvo_agent.levels.in_force import IN_FORCE

_numbers = itertools.count()


def fresh_name() -> str:
    """A logger name that nothing has used before: loggers live as long as the process."""
    return f"corvo_test_{next(_numbers)}"


@contextlib.contextmanager
def untouched_levels() -> Iterator[None]:
    """Put every level, disabled flag and filter back at the end, those of agents too."""
    before = {logger: (logger.level, logger.disabled) for logger in all_loggers()}
    try:
        yield
    finally:
        for layer in IN_FORCE.layers:
            for name in list(IN_FORCE.filters(layer)):
                IN_FORCE.replace(layer, name, None)
        logging.disable(logging.NOTSET)
        for logger in all_loggers():
            level, logger.disabled = before.get(logger, (logging.NOTSET, False))
            logger.setLevel(level)


@contextlib.contextmanager
def eager_threads() -> Iterator[None]:
    """Have threads switch as often as can be, so that a change is seen in the middle of it if it can be."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        # It is cut to whole microseconds.
        sys.setswitchinterval(interval + 0.5e-6)


def all_loggers() -> list[logging.Logger]:
    """The root and every logger that exists."""
    known = logging.root.manager.loggerDict.values()
    return [logging.root, *(item for item in known if isinstance(item, logging.Logger))]


class Lines(logging.Handler):
    """Remembers what reaches it."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Remember ``record``."""
        self.records.append(record)

    @property
    def messages(self) -> list[str]:
        """The texts so far."""
        return [record.getMessage() for record in self.records]
