"""JSON log lines that the agent, the original's own tools and every JSON reader can read.

::

    {"level":"info","ts":"2026-11-23T04:02:06.426062Z","module":"spyglass","caller":"main.py:23","pid":"7",
     "submodule":"elastic","msg":"connected","attempt":3}
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from .json_values import PlainValues, cut, encodable, error_text, key_text, text_of
from .record_fields import checked_fields, read_format, task_name, trace_ids

_FRESH = tuple(logging.LogRecord("", 0, "", 0, "", (), None).__dict__)
# taskName is there from 3.12 on only, but a record may come from another interpreter.
_STANDARD = frozenset((*_FRESH, "message", "asctime", "taskName", ""))
_LAST = _FRESH[-1]
_LEVELS = {10: "debug", 20: "info", 30: "warn", 40: "error", 50: "error", 60: "audit"}
# What structlog and others call the message in a record whose message is a dict.
_MESSAGE_KEYS = ("msg", "message", "event")
# What a line that is too long keeps, its texts cut if need be.
_KEPT = frozenset(("level", "ts", "module", "caller", "pid", "submodule", "msg", "error", "exception"))
_DROPPED = "dropped_fields"
# More fields than any line can use; with the bound of each it bounds what is encoded before a line is cut.
_MAX_FIELDS = 200
_INT_MIN, _INT_MAX = -(2**63), 2**64 - 1
#: Characters of a text, bytes of a line, unless another bound is given.
MAX_VALUE, MAX_LINE = 65536, 262144
#: The attribute of a record that came by way of a queue: fields that were made where it was.
SAID_BEFORE = "_corvo_said"


class JsonFormatter(logging.Formatter):
    """One line of JSON per record: level, ts, module, caller, pid, then submodule, msg and the extra fields.

    ``module`` names the service. ``submodule`` is the logger's name unless that is the root's or the module's own;
    an extra field of that name replaces it. Exceptions become ``error``, ``exception`` (the type) and ``stack``. Any
    other extra field that has the key of something that the record itself says gets an underscore behind its key.
    Attributes whose name starts with an underscore are left out. A message that is a dict becomes fields.

    Nothing that is logged makes it raise; a message that does not fit its arguments is written as it is, with
    ``format_error`` and ``args``. A text keeps ``max_value`` characters, a line ``max_line`` bytes: beyond that it
    loses fields from its end, which ``dropped_fields`` names, and then its texts are cut.

    ``fields`` names attributes of the record that each line has, too: ``threadName``, ``processName``, ``taskName``,
    ``funcName`` ... ``static`` is in each line that says nothing else under its keys. ``rename`` maps keys of the line
    to others. ``time`` turns seconds since the epoch into what ``ts`` is to be; ``datefmt`` does it by a pattern of
    ``time.strftime``, in local time. ``default`` turns what JSON has no form for into what it has; what it refuses by a
    TypeError becomes what it would be without. While a span of OpenTelemetry is active the line has ``trace_id`` and
    ``span_id``, as W3C's Trace Context writes them, unless the record brings its own.

    ``dictConfig`` makes one from ``{"()": "corvo_agent.logs.JsonFormatter", "module": "spyglass"}``. By ``class`` there
    and in ``fileConfig`` the ``format`` is the module's name, and may go on with fields, as in
    ``spyglass %(threadName)s``; ``defaults`` are what ``static`` is.

    Raises ValueError for a field that no record has.
    """

    def __init__(
        self,
        module: str | None = "",
        datefmt: str | None = None,
        style: str = "%",
        validate: bool = True,
        *,
        defaults: Mapping[str, Any] | None = None,
        fields: Iterable[str] = (),
        rename: Mapping[str, str] | None = None,
        static: Mapping[str, Any] | None = None,
        time: Callable[[float], Any] | None = None,
        default: Callable[[Any], Any] | None = None,
        max_value: int = MAX_VALUE,
        max_line: int = MAX_LINE,
    ) -> None:
        del validate  # There is no format that could be wrong.
        super().__init__(datefmt=datefmt)
        name, named = read_format(module or "", style)
        self._module = text_of(name, 256)
        self._max_value = max(64, max_value)
        self._max_line = max(1024, max_line)
        self._asked = checked_fields((*named, *fields))
        self._rename = dict(rename or {})
        self._time_of = time if time is not None or not datefmt else self._by_pattern
        self._default = default
        values = PlainValues(self._max_value, self._max_line, default)
        self._static = {
            key_text(key): values.plain(value) for key, value in {**(defaults or {}), **(static or {})}.items()
        }
        self._special = bool(self._asked or self._static or self._time_of is not None)
        self._kept = frozenset(self._rename.get(key, key) for key in _KEPT)
        # Second since the epoch and its text; replaced whole, so that threads see the one or the other.
        self._second: tuple[float, str] = (-1.0, "")

    def format(self, record: logging.LogRecord) -> str:
        """The line for ``record``, without the newline at its end."""
        try:
            fields = self._fields(record)
        except Exception as error:
            fields = self._last_resort(record, error)
        if self._rename:
            fields = self._renamed(fields)
        try:
            line = orjson.dumps(fields)
        # Surrogates, keys that are no text and numbers past 64 bits: rare enough to be found out by failing.
        except TypeError:
            fields = encodable(fields)
            line = orjson.dumps(fields)
        return (line if len(line) <= self._max_line else self._shrunk(fields, len(line))).decode()

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        name = record.name
        fields: dict[str, Any] = {
            "level": _LEVELS.get(record.levelno) or level_text(record.levelno),
            "ts": self._time(record.created) if self._time_of is None else "",
            "module": self._module,
            "caller": f"{record.filename}:{record.lineno}",
            "pid": str(record.process or os.getpid()),
        }
        if name != "root" and name != self._module:
            fields["submodule"] = name
        if isinstance(record.msg, dict) and not record.args:
            message = dict(record.msg)
        else:
            fields["msg"] = message_fields(record, fields, self._max_value, self._max_line)
            message = None
        if len(record.__dict__) > len(_FRESH):
            fields.update(record.__dict__.get(SAID_BEFORE, ()))
        if record.exc_info or record.exc_text:
            stack = exception_fields(record, fields, self._max_value, self.formatException)
            if stack:
                fields["stack"] = stack
        if record.stack_info:
            fields["stack_info"] = cut(str(record.stack_info), self._max_value)
        if message is not None:
            self._add_dict_message(fields, message)
        if len(record.__dict__) > len(_FRESH):
            self._add_fields(fields, _extra(record))
        ids = trace_ids()
        if ids is not None and "trace_id" not in fields:
            fields["trace_id"], fields["span_id"] = ids
        if self._special:
            self._add_special(fields, record)
        return fields

    def _add_special(self, fields: dict[str, Any], record: logging.LogRecord) -> None:
        """What this formatter was asked for beyond what each line has."""
        if self._time_of is not None:
            try:
                fields["ts"] = PlainValues(256, 256).plain(self._time_of(record.created))
            except Exception as error:
                fields["ts"] = self._time(record.created)
                fields.setdefault("format_error", error_text(error, self._max_value))
        for name in self._asked:
            value = task_name(record) if name == "taskName" else getattr(record, name, None)
            if value is not None:
                self._add_fields(fields, [(name, value)])
        for key, value in self._static.items():
            fields.setdefault(key, value)

    def _by_pattern(self, created: float) -> str:
        return time.strftime(self.datefmt or "", self.converter(created))

    def _renamed(self, fields: dict[str, Any]) -> dict[str, Any]:
        """``fields`` under the keys that were asked for. One that another field has already gets an underscore."""
        made: dict[str, Any] = {}
        for key, value in fields.items():
            made[_free_key(made, self._rename.get(key, key))] = value
        return made

    def _time(self, created: float) -> str:
        second = created // 1
        cached = self._second
        if cached[0] != second:
            cached = (second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)))
            self._second = cached
        # A float holds the seconds of today to a quarter of a microsecond: further digits would be noise.
        micros = int((created - second) * 1e6 + 0.5)
        if micros % 10 and micros < 1_000_000:
            return "%s.%06dZ" % (cached[1], micros)  # noqa: UP031 (a third faster than an f-string, once per line)
        digits = f"{min(micros, 999_999):06d}".rstrip("0")
        return f"{cached[1]}.{digits}Z" if digits else f"{cached[1]}Z"

    def _add_dict_message(self, fields: dict[str, Any], message: dict[Any, object]) -> None:
        # structlog hands over a dict; its event is what other lines call msg.
        text = next((key for key in _MESSAGE_KEYS if key in message), None)
        fields["msg"] = "" if text is None else text_of(message.pop(text), self._max_value)
        self._add_fields(fields, list(message.items()))

    def _add_fields(self, fields: dict[str, Any], items: list[tuple[Any, Any]]) -> None:
        values: PlainValues | None = None
        for name, value in items[:_MAX_FIELDS]:
            kind = type(value)
            if kind is str:
                plain = value if len(value) <= self._max_value else cut(value, self._max_value)
            elif ((kind is int or kind is float) and _INT_MIN <= value <= _INT_MAX) or value is None or kind is bool:
                plain = value
            else:
                values = values or PlainValues(self._max_value, self._max_line, self._default)
                plain = values.plain(value)
            key = name if type(name) is str and len(name) < 256 else key_text(name)
            if key in fields:
                if key == "submodule":
                    plain = text_of(plain, self._max_value)
                else:
                    key = _free_key(fields, key)
            fields[key] = plain
        if len(items) > _MAX_FIELDS:
            fields[_DROPPED] = " ".join(key_text(name) for name, _ in items[_MAX_FIELDS : 2 * _MAX_FIELDS])

    def _shrunk(self, fields: dict[str, Any], size: int) -> bytes:
        """The line of ``size`` bytes without its last fields, as many as have to go, then with shorter texts."""
        kept = dict(fields)
        dropped = [kept.pop(_DROPPED, "")]
        for key in [key for key in reversed(kept) if key not in self._kept or type(fields[key]) is not str]:
            if size <= self._max_line * 7 // 8:
                break
            size -= len(orjson.dumps({key: kept.pop(key)}))
            dropped.insert(0, key)
        kept[_DROPPED] = cut(" ".join(dropped).strip(), self._max_line // 16)
        line, limit = orjson.dumps(kept), self._max_value
        while len(line) > self._max_line and limit > 8:
            limit //= 2
            line = orjson.dumps(
                {key: cut(value, limit) if type(value) is str else value for key, value in kept.items()}
            )
        return line

    def _last_resort(self, record: logging.LogRecord, error: Exception) -> dict[str, Any]:
        """For a record whose own attributes are broken (made by hand, or by a faulty record factory)."""
        return {
            "level": "error",
            "ts": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "module": self._module,
            "caller": text_of(getattr(record, "filename", ""), 256),
            "pid": str(os.getpid()),
            "msg": text_of(getattr(record, "msg", ""), self._max_value),
            "format_error": error_text(error, self._max_value),
        }


def message_fields(record: logging.LogRecord, fields: dict[str, Any], limit: int, room: int) -> str:
    """The message of ``record``; one that does not fit its arguments as it is, with ``fields`` that tell."""
    try:
        message = record.getMessage()
    except Exception as error:
        fields["format_error"] = error_text(error, limit)
        fields["args"] = PlainValues(limit, room).plain(record.args)
        message = text_of(record.msg, limit)
    return message if len(message) <= limit else cut(message, limit)


def exception_fields(
    record: logging.LogRecord, fields: dict[str, Any], limit: int, traceback: Callable[[Any], str]
) -> str:
    """The text of what ``record`` was raised by, which ``traceback`` makes; ``fields`` get its message and type."""
    info = record.exc_info
    if isinstance(info, tuple) and info[1] is not None:
        fields["error"] = error_text(info[1], limit)
        fields["exception"] = _type_name(type(info[1]))
    try:
        # Another handler's formatter has made the text already, or another process (records sent over a socket).
        text = record.exc_text or (traceback(info) if isinstance(info, tuple) and info[0] else "")
    except Exception as error:
        text = f"<no traceback: {type(error).__name__} when it was formatted>"
    if text:
        fields.setdefault("error", cut(text.rstrip().rpartition("\n")[2], limit))
    return cut(text, limit)


def level_text(number: int) -> str:
    """The level of a line for a number of ``logging``: that of the nearest number of ours at or below it."""
    return next((_LEVELS[known] for known in (60, 40, 30, 20) if number >= known), "debug")


def _extra(record: logging.LogRecord) -> list[tuple[str, object]]:
    """What ``record`` has beyond the standard attributes, in the order in which it got it."""
    attributes = record.__dict__
    # The record itself sets the standard ones first: what follows the last of them, seen from the end, is extra.
    last = _LAST if type(record) is logging.LogRecord else None
    found = []
    for name in reversed(attributes):
        if name == last:
            break
        if name not in _STANDARD and name[0] != "_":
            found.append((name, attributes[name]))
    found.reverse()
    return found


def _free_key(fields: dict[str, Any], key: str) -> str:
    while key in fields:
        key += "_"
    return key


def _type_name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
