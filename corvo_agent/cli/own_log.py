"""The log that a program writes about itself, on stderr."""

from __future__ import annotations

import logging
import sys

from ..levels.level import Level
from ..settings.own_log import OwnLogSettings
from .show.output import note
from .thinned_log import ThinnedHandler

_TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_log = logging.getLogger("corvo_agent")


class _OneLine(logging.Formatter):
    """Text whose lines are ours: what a message quotes may be a stranger's, with line ends and controls in it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        if not record.message.isprintable():
            record.message = "".join(char if char.isprintable() else repr(char)[1:-1] for char in record.message)
        return super().formatMessage(record)


def set_up_own_log(settings: OwnLogSettings, program: str, *, thinned: bool = False) -> None:
    """Write what is logged as ``settings`` say; ``program`` is the ``module`` of JSON lines. May be called again.

    ``thinned`` writes one line of a kind a second, for programs whose lines strangers can cause.
    """
    handler = ThinnedHandler(sys.stderr) if thinned else logging.StreamHandler(sys.stderr)
    if settings.own_log_format == "json":
        # Late: it brings what only JSON lines need.
        from ..logs.writing.formatter import JsonFormatter

        handler.setFormatter(JsonFormatter(program))
    else:
        handler.setFormatter(_OneLine(_TEXT))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(Level.parse(settings.own_log_level))


def tell(settings: OwnLogSettings, text: str) -> None:
    """Print ``text`` for the person who started the program; where the log is JSON it is a line of that."""
    if settings.own_log_format == "json":
        _log.info(text)
    else:
        note(text)
