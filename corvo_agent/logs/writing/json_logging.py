"""One call that makes a service write the JSON log file that the agent reads."""

from __future__ import annotations

import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from ...levels.filter import LiveFilter, get_log_filter, reset_filter
from ...levels.level import Level
from ...levels.level_filter import LevelFilter
from .formatter import JsonFormatter


class JsonLogging:
    """What ``configure_json_logging`` set up: a handler on a logger, and the level in force. Close it to undo both."""

    def __init__(self, handler: logging.Handler, logger: logging.Logger, level_filter: LevelFilter) -> None:
        self.handler = handler
        self._logger = logger
        # Set up once more for the same place, it takes the place of the earlier one: each line would come twice.
        for earlier in [one for one in _OPEN if one._logger is logger and one._writes_to() == self._writes_to()]:
            earlier.close()
        # Kept, so that closing leaves the levels as if this had never been set up.
        self._before = reset_filter(level_filter, logger=logger)
        self._closed = False
        logger.addHandler(handler)
        _OPEN.append(self)

    def _writes_to(self) -> object:
        """What tells the place of its lines from others: the file's name, or the stream itself."""
        return getattr(self.handler, "baseFilename", None) or getattr(self.handler, "stream", None)

    def close(self) -> None:
        """Take the handler away, close it, and put back the level that was in force; a second call does nothing."""
        if not self._closed:
            self._closed = True
            _OPEN.remove(self)
            self._logger.removeHandler(self.handler)
            self.handler.close()
            reset_filter(self._before, logger=self._logger)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


# Those that are not closed, the oldest first.
_OPEN: list[JsonLogging] = []


class JsonFileHandler(WatchedFileHandler):
    """Appends to a file that is readable for all and writable for its owner (0644, less the umask).

    The file and its folder are created if they are missing. When something like logrotate moves the file away, a new
    one is begun; to have it rotated by the process itself, give another handler a ``JsonFormatter``.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        # A text with a lone surrogate must be written somehow: logging never fails the application.
        super().__init__(path, encoding="utf-8", errors="backslashreplace")

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", errors="backslashreplace", opener=_opener)


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o644)


def configure_json_logging(
    module: str,
    *,
    path: str | os.PathLike[str] | None = None,
    stream: TextIO | None = None,
    level: str | Level = Level.INFO,
    logger: logging.Logger | str = "",
) -> JsonLogging:
    """Have ``logger`` (the root unless given) write JSON lines of ``module`` to ``path``, else to ``stream``.

    Without either they go to stderr. ``level`` is what passes until ``reset_filter`` says otherwise for the same
    ``logger``; the handler also refuses what no logger could stop. Handlers that are there already stay, but one that
    an earlier call made for the same ``logger`` and place is closed: called twice, each line still comes once. Raises
    OSError when the file cannot be opened.
    """
    handler = JsonFileHandler(path) if path is not None else logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(module))
    # Records can reach a handler past every logger (queue listeners, Logger.handle).
    handler.addFilter(LiveFilter())
    target = logger if isinstance(logger, logging.Logger) else logging.getLogger(logger)
    return JsonLogging(handler, target, get_log_filter(level))
