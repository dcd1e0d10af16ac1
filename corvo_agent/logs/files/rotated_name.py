"""The names that rotation gives to the older files of a log.

=========================================================  ==========================================
``name.log.1``, ``name.1.log``, ``name.log-1``              logrotate, RotatingFileHandler, pino-roll, log4j2
``name-1.log``                                             log4j2; a log of its own may be named so as well
``name.log.2024-01-31``, ``..._23-59-59``, ``...T23``       TimedRotatingFileHandler
``name.log.2024-01-31.0``, ``name.2024-01-31.0.log``        logback
``name.log-20240131``, ``name.log-20240131-1706659200``     logrotate with dateext
``0.log.20240131-235959``                                  kubelet
``name-2024-01-31T23-59-59.000.log``                       lumberjack
``name-2024-01-31.log.1``                                  winston-daily-rotate-file
``name-20240131.log``, ``name.2024-01-31_23-59-59.log``     logrotate with extension, loguru
``name.log.old``, ``name.log.bak``, ``name.old.log``        the others
=========================================================  ==========================================

Each of them may be compressed. What a name says of age is only what it looks like: see ``rotation_order``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

#: How the names of compressed files end, the longer before the shorter. Archives are named by loguru, and not read.
PACKED = (
    ".tar.gz",
    ".tar.bz2",
    ".tar.xz",
    ".tgz",
    ".tar",
    ".gz",
    ".zst",
    ".xz",
    ".bz2",
    ".lz4",
    ".zip",
    ".lzma",
    ".lzo",
    ".br",
    ".Z",
)

_MONTH, _MONTHDAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_DAY = (
    rf"(?:19|20)\d\d(?:{_MONTH}{_MONTHDAY}(?:\d{{2,9}})?|(?P<between>[-_.]){_MONTH}(?:(?P=between){_MONTHDAY})?)"
    # without a year in front it says less
    rf"|\d\d[-_.]\d\d[-_.](?:19|20)\d\d"
    r"|\d{10}|\d{13}"
)
# A number alone behind a date is no hour: it goes on behind 24.
_CLOCK = (
    r"(?:T\d\d[-:_]?\d\d[-:_]?\d\d|[_-]\d\d[-:_]\d\d[-:_]\d\d|[_-]\d{6})(?:[.,_]\d{3,9})?(?:Z|[+-]\d\d:?\d\d)?"
    r"|T\d\d(?:[-:_]?\d\d)?|_\d\d[-:_]\d\d|[_-]\d\d(?=\.\d+\Z)"
)
_INNER = re.compile(
    rf"(?P<mark>[._-])(?:(?P<day>{_DAY})(?P<clock>{_CLOCK})?(?:[._-](?P<behind>\d{{1,19}}))?"
    r"|(?P<number>\d{1,7})|(?P<word>old|bak|backup|prev)(?:[._-]?(?P<again>\d{1,3}))?)",
    re.ASCII | re.IGNORECASE,
)
_DIGITS = re.compile(r"\D+", re.ASCII)
_YEAR_LAST = re.compile(r"\d\d[-_.]\d\d[-_.]\d{4}", re.ASCII)
_LONGEST_DATE = 23  # digits of a date with its time and nanoseconds


@dataclass(frozen=True, slots=True)
class RotatedName:
    """What a rotated name says.

    Names of the same ``form`` were given by one way of rotating. ``date`` are the digits of a date, the year first, ""
    without one; ``number`` is -1 where there is none. ``is_doubtful``: a log of its own may be named so as well.
    ``is_word``: neither date nor number, as in ``.bak``.
    """

    form: str
    date: str = ""
    number: int = -1
    is_doubtful: bool = False
    is_word: bool = False


def read_rotated_name(name: str, base: str) -> RotatedName | None:
    """What ``name`` says if it is a rotated name of the file ``base``, else None."""
    name = _unpacked(name)
    if name.startswith(base) and (found := _parse("behind", name[len(base) :])) is not None:
        return found
    stem, extension = os.path.splitext(base)
    if not extension or not name.startswith(stem):
        return None
    inner, dot, behind = name[len(stem) :].rpartition(extension)
    return _parse("inside", inner, behind) if dot and inner else None


def bases_of(name: str) -> Iterator[str]:
    """The names of files of which ``name`` may be a rotated name, in any order."""
    name = _unpacked(name)
    stem, extension = os.path.splitext(name)
    for at in _marks(name):
        if _parse("behind", name[at:]) is not None:
            yield name[:at]
            # name-2024-01-31.log.1 belongs to name.log
            inner = name[:at]
            inner_stem, inner_extension = os.path.splitext(inner)
            for place in _marks(inner_stem):
                if inner_extension and _parse("inside", inner_stem[place:], name[at:]) is not None:
                    yield inner_stem[:place] + inner_extension
    for at in _marks(stem):
        if extension and _parse("inside", stem[at:]) is not None:
            yield stem[:at] + extension


def _marks(text: str) -> list[int]:
    return [at for at, character in enumerate(text) if character in "._-" and at]


def _unpacked(name: str) -> str:
    for suffix in PACKED:
        if name.endswith(suffix):
            return name[: -len(suffix)]
    return name


def _parse(place: str, inner: str, behind: str = "") -> RotatedName | None:
    found = _INNER.fullmatch(inner + behind)
    # Two numbers one behind the other are no name that rotation gives.
    if found is None or (behind and (not found["day"] or not _INNER.fullmatch(inner))):
        return None
    mark = found["mark"]
    if found["word"]:
        again = found["again"]
        return RotatedName(f"{place}{mark}{found['word'].lower()}", number=int(again) if again else -1, is_word=True)
    if found["number"]:
        is_doubtful = place == "inside" and mark != "."
        return RotatedName(f"{place}{mark}number", number=int(found["number"]), is_doubtful=is_doubtful)
    day = found["day"]
    kind = "epoch" if len(day) in (10, 13) and day.isdigit() and day[:2] not in ("19", "20") else "date"
    if _YEAR_LAST.fullmatch(day):
        # Month and day, or day and month: how they are sorted the files have to tell.
        return RotatedName(f"{place}{mark}{day}", number=int(found["behind"] or -1))
    digits = _DIGITS.sub("", day + (found["clock"] or ""))
    number = -1 if found["behind"] is None else int(found["behind"])
    return RotatedName(f"{place}{mark}{kind}", digits.ljust(_LONGEST_DATE, "0"), number)
