"""The levels of the wire contract and their place among the standard library's numbers."""

from __future__ import annotations

import enum
import logging

from ..errors import InvalidArgument

#: The number of audit lines in ``logging``: above every threshold, because audit lines always pass.
AUDIT = 60


class Level(enum.IntEnum):
    """A threshold: lines at it and above it pass. The numbers are those of ``logging``."""

    DEBUG = logging.DEBUG
    INFO = logging.INFO
    WARN = logging.WARNING
    ERROR = logging.ERROR
    NONE = AUDIT

    @property
    def text(self) -> str:
        """The spelling that we write ourselves: ``Debug``, ``Info``, ``Warn``, ``Error``, ``None``."""
        return self.name.capitalize()

    @classmethod
    def parse(cls, text: str, what: str = "level") -> Level:
        """The level that ``text`` names in any case; ``all`` is ``DEBUG``, ``warning`` is ``WARN``.

        Raises InvalidArgument naming ``what`` when it names none.
        """
        try:
            return _BY_NAME[text.strip().lower()]
        except (KeyError, AttributeError):
            raise InvalidArgument(what, text, "unknown level", VALID_LEVELS) from None

    @classmethod
    def of(cls, text: str) -> Level:
        """Like ``parse``, but a text that names no level means ``INFO``, as everywhere in the framework."""
        return _BY_NAME.get(text.strip().lower(), cls.INFO)


def is_level(text: str) -> bool:
    """Whether ``text`` names a level, see ``Level.parse``."""
    return text.strip().lower() in _BY_NAME


#: How it is written that no level is put on a process: it logs as it was configured.
AS_CONFIGURED = "as-configured"


def level_text(level: Level | None) -> str:
    """The spelling of ``level``; None is as the process was configured."""
    return AS_CONFIGURED if level is None else level.text


#: What a ``log-level`` may hold, as it is told to people.
VALID_LEVELS = ("Debug", "Info", "Warn", "Error", "None")

_BY_NAME = {
    "all": Level.DEBUG,
    "debug": Level.DEBUG,
    "info": Level.INFO,
    "warn": Level.WARN,
    "warning": Level.WARN,
    "error": Level.ERROR,
    "none": Level.NONE,
}
