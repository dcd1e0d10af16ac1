"""How severe a line is: the words and the numbers that the world's loggers write for it, on one scale.

The words are those of the loggers in ``table`` and ``text_forms``. Which scale a number is on depends on the key that
it stands under: 40 is a warning in pino, and an error as ``levelno`` of Python's logging.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Any

from ...levels.level import AUDIT, Level


class Severity(enum.IntEnum):
    """The severity of a line; finer than the thresholds of ``Level``, so that a fatal line can be told from others."""

    TRACE = 5
    DEBUG = 10
    INFO = 20
    WARN = 30
    ERROR = 40
    FATAL = 50
    AUDIT = AUDIT

    @property
    def level(self) -> Level:
        """The highest threshold that such a line passes; audit lines pass each of them."""
        return _LEVELS[self]

    @property
    def word(self) -> str:
        """How it is written where the line itself has no word for it: ``error``."""
        return self.name.lower()


_LEVELS = {
    Severity.TRACE: Level.DEBUG,
    Severity.DEBUG: Level.DEBUG,
    Severity.INFO: Level.INFO,
    Severity.WARN: Level.WARN,
    Severity.ERROR: Level.ERROR,
    Severity.FATAL: Level.ERROR,
    Severity.AUDIT: Level.NONE,
}

#: The words of each severity, in lower case.
WORDS: Mapping[Severity, tuple[str, ...]] = {
    Severity.TRACE: (
        *("trace", "trce", "trc", "t", "verbose", "verb", "vrb", "v", "silly", "finest", "finer", "all"),
        *("spam", "debug4", "debug5"),
    ),
    Severity.DEBUG: ("debug", "dbug", "dbg", "deb", "d", "fine", "config", "http", "debug1", "debug2", "debug3"),
    Severity.INFO: (
        *("info", "information", "informational", "inf", "i", "notice", "note", "ntc", "n", "log", "success"),
        *("default", "system", "display", "ok"),
    ),
    Severity.WARN: ("warn", "warning", "warnings", "wrn", "w"),
    Severity.ERROR: ("error", "errors", "err", "erro", "eror", "e", "severe", "fail", "failure", "exception"),
    Severity.FATAL: (
        *("fatal", "fata", "fatl", "ftl", "f", "critical", "crit", "crt", "c", "panic", "pani", "pnc", "dpanic"),
        *("alert", "alrt", "emerg", "emergency", "emrg", "disaster"),
    ),
    Severity.AUDIT: ("audit",),
}


class Scale(enum.Enum):
    """What a number stands for. Each is a list of (lowest number, severity), or, where less is worse, the reverse."""

    SYSLOG = "syslog: 0 to 7, less is worse"
    TENS = "bunyan, pino: 10 trace to 60 fatal"
    PYTHON = "logging: 10 debug to 50 critical"
    OTEL = "OpenTelemetry: 1 trace to 24 fatal"
    HUNDREDS = "monolog: 100 debug to 600 emergency"
    GOOGLE = "Google Cloud Logging: 100 debug to 800 emergency; 1 to 7 as syslog"
    LOGBACK = "logback: 5000 trace to 40000 error"
    LOG4J = "log4j2: 100 fatal to 600 trace, less is worse"
    DOTNET = "Microsoft.Extensions.Logging: 0 trace to 5 critical"
    PLAIN = "what a key without an owner holds: by its size one of syslog, bunyan, monolog"


_T, _D, _I, _W, _E, _F = (
    *(Severity.TRACE, Severity.DEBUG, Severity.INFO),
    *(Severity.WARN, Severity.ERROR, Severity.FATAL),
)
_RISING: Mapping[Scale, tuple[tuple[float, Severity], ...]] = {
    Scale.TENS: ((60, _F), (50, _E), (40, _W), (30, _I), (20, _D), (1, _T)),
    Scale.PYTHON: ((50, _F), (40, _E), (30, _W), (20, _I), (10, _D), (1, _T)),
    Scale.OTEL: ((21, _F), (17, _E), (13, _W), (9, _I), (5, _D), (1, _T)),
    Scale.HUNDREDS: ((500, _F), (400, _E), (300, _W), (200, _I), (100, _D)),
    Scale.GOOGLE: ((600, _F), (500, _E), (400, _W), (200, _I), (100, _D), (0, _I)),
    Scale.LOGBACK: ((40000, _E), (30000, _W), (20000, _I), (10000, _D), (1, _T)),
    Scale.DOTNET: ((5, _F), (4, _E), (3, _W), (2, _I), (1, _D), (0, _T)),
}
_FALLING: Mapping[Scale, tuple[tuple[float, Severity], ...]] = {
    Scale.SYSLOG: ((2, _F), (3, _E), (4, _W), (6, _I), (7, _D)),
    Scale.LOG4J: ((100, _F), (200, _E), (300, _W), (400, _I), (500, _D), (600, _T)),
}
_LONGEST = 40  # characters of a level
_MOST = 100_000  # no scale goes as far

_BY_WORD: dict[str, Severity] = {}
for _severity, _words in WORDS.items():
    for _word in _words:
        for _text in (_word, _word.upper(), _word.capitalize()):
            _BY_WORD[_text] = _severity

#: Levels as most lines spell them: the words of more than one letter, in lower case, in capitals and capitalised.
PLAIN_WORDS = frozenset(word for word in _BY_WORD if len(word) > 1)

# Colours, brackets and pictures around a word, and an offset as in slog's ERROR+2 and OpenTelemetry's WARN2.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_EDGES = re.compile(r"\A[\W_]+|[\W_]+\Z")
_OFFSET = re.compile(r"([a-z]+)(?:[+-]\d{1,4}|[2-4])", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,6}(\.\d{1,6})?", re.ASCII)
#: Keys of the objects that some loggers write for a level: log4j2, loguru.
_INSIDE = ("name", "standardLevel", "levelStr")


def of_word(text: str) -> Severity | None:
    """The severity that a word names, whatever case, padding, colour or brackets it is in; None when it names none."""
    found = _BY_WORD.get(text)
    return _of_odd_word(text) if found is None else found


def of_number(number: float, scale: Scale) -> Severity | None:
    """The severity of a number on ``scale``; None when it is not on it."""
    if not -_MOST < number < _MOST:  # NaN, too
        return None
    if scale is Scale.GOOGLE and 0 < number < 8:  # a program of another kind that says severity, too
        scale = Scale.SYSLOG
    if scale is Scale.PLAIN:
        scale = Scale.SYSLOG if number < 8 else Scale.TENS if number < 100 else Scale.HUNDREDS
    if scale in _FALLING:
        return next((severity for most, severity in _FALLING[scale] if number <= most), None) if number >= 0 else None
    return next((severity for least, severity in _RISING[scale] if number >= least), None)


def of_value(value: Any, scale: Scale = Scale.PLAIN) -> Severity | None:
    """The severity that a value of a field means: a word, a number (also as text), or an object with a name in it."""
    if type(value) is str:
        found = _BY_WORD.get(value)
        if found is not None:
            return found
        if _NUMBER.fullmatch(value):
            return of_number(float(value), scale)
        return _of_odd_word(value)
    if type(value) is int or type(value) is float:
        return of_number(value, scale)
    if type(value) is dict:
        return next((found for key in _INSIDE if (found := _text_of(value.get(key))) is not None), None)
    return None


def _text_of(value: Any) -> Severity | None:
    return of_word(value) if type(value) is str else None


def _of_odd_word(text: str) -> Severity | None:
    if len(text) > _LONGEST:
        return None
    bare = _EDGES.sub("", _COLOUR.sub("", text)).lower()
    if bare not in _BY_WORD and (offset := _OFFSET.fullmatch(bare)):
        bare = offset[1]
    return _BY_WORD.get(bare)
