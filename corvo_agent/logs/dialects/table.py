"""The table of what programs write as JSON: by what each of them is told, and which keys it has for level and time.

A line is read by all keys of ``fields``; a row says which of them count first, and on which scale a number is, in a
file of whose lines most have what tells the row. Rows further up are more particular.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .fields import LEVEL_KEYS, TIME_KEYS, lookup
from .severity import Scale, Severity

LevelKeys = tuple[tuple[str, Scale], ...]


@dataclass(frozen=True, slots=True)
class JsonDialect:
    """One row.

    ``tells`` are keys that every line has; ``levels`` and ``times`` the keys that count before all others, ``absent``
    what a line without any level is.
    """

    name: str
    tells: tuple[str, ...]
    levels: LevelKeys = ()
    times: tuple[str, ...] = ()
    absent: Severity | None = None

    def fits(self, document: Mapping[str, Any]) -> bool:
        """Whether a line has what tells this row."""
        return all(lookup(document, key) is not None for key in self.tells)

    @property
    def level_keys(self) -> LevelKeys:
        """Every key of a level in the order in which they are looked at in such a file."""
        own = {key for key, _ in self.levels}
        return (*self.levels, *((key, scale) for key, scale in LEVEL_KEYS if key not in own))

    @property
    def time_keys(self) -> tuple[str, ...]:
        """The same of a time."""
        return (*self.times, *(key for key in TIME_KEYS if key not in self.times))


#: What is assumed of JSON lines that no row fits: by far the most programs write ``level``.
PLAIN_JSON = JsonDialect("json", ())

# The number first: the text is what the source called it, and need not be a word of any scale.
_OTEL: LevelKeys = (("severityNumber", Scale.OTEL), ("severityText", Scale.OTEL))
_OTEL_SNAKE: LevelKeys = (("severity_number", Scale.OTEL), ("severity_text", Scale.OTEL))
_OTEL_CAPITAL: LevelKeys = (("SeverityNumber", Scale.OTEL), ("SeverityText", Scale.OTEL))

_OF_PYTHON = ("asctime", "funcName", "lineno", "processName", "threadName", "msecs", "relativeCreated")

JSON_DIALECTS: tuple[JsonDialect, ...] = (
    JsonDialect("journald", ("__REALTIME_TIMESTAMP",), (("PRIORITY", Scale.SYSLOG),), ("__REALTIME_TIMESTAMP",)),
    JsonDialect("loguru", ("record.level.no",), (("record.level", Scale.PYTHON),), ("record.time.timestamp",)),
    JsonDialect("gelf", ("version", "host", "short_message"), (("level", Scale.SYSLOG),), ("timestamp",)),
    JsonDialect("serilog-clef", ("@t",), (("@l", Scale.DOTNET),), ("@t",), Severity.INFO),
    JsonDialect("serilog", ("Timestamp", "MessageTemplate"), (("Level", Scale.DOTNET),), ("Timestamp",)),
    JsonDialect("dotnet", ("LogLevel", "Category"), (("LogLevel", Scale.DOTNET),), ("Timestamp",)),
    JsonDialect("ecs", ("@timestamp", "log.level"), (("log.level", Scale.PLAIN),), ("@timestamp",)),
    JsonDialect("opentelemetry", ("severityNumber",), _OTEL, ("timestamp", "timeUnixNano", "time")),
    JsonDialect("opentelemetry", ("severity_number",), _OTEL_SNAKE, ("timestamp", "time_unix_nano", "time")),
    JsonDialect("opentelemetry", ("SeverityNumber",), _OTEL_CAPITAL, ("Timestamp", "TimeUnixNano")),
    JsonDialect("mongodb", ("t.$date", "s", "c"), (("s", Scale.PLAIN),), ("t",)),
    JsonDialect("hclog", ("@level", "@message"), (("@level", Scale.PLAIN),), ("@timestamp",)),
    JsonDialect("logstash", ("@timestamp", "level_value"), (("level", Scale.LOGBACK),), ("@timestamp",)),
    JsonDialect("log4j2", ("instant.epochSecond", "level"), (("level", Scale.LOG4J),), ("instant",)),
    JsonDialect("log4j2", ("timeMillis", "level"), (("level", Scale.LOG4J),), ("timeMillis",)),
    JsonDialect("monolog", ("level_name", "channel"), (("level_name", Scale.HUNDREDS),), ("datetime",)),
    JsonDialect("bunyan", ("v", "level", "time", "name", "hostname"), (("level", Scale.TENS),), ("time",)),
    JsonDialect("pino", ("level", "time", "pid", "hostname"), (("level", Scale.TENS),), ("time",)),
    JsonDialect("python", ("levelname",), (("levelname", Scale.PYTHON), ("levelno", Scale.PYTHON)), ("asctime",)),
    JsonDialect("python", ("levelno",), (("levelno", Scale.PYTHON), ("level", Scale.PYTHON)), ("asctime", "created")),
    # A number as level, and what only Python's records have besides.
    *(JsonDialect("python", ("level", key), (("level", Scale.PYTHON),), ("asctime",)) for key in _OF_PYTHON),
    JsonDialect("gcp", ("severity",), (("severity", Scale.GOOGLE),), ("timestamp", "time")),
    JsonDialect("tracing", ("timestamp", "level", "target"), (("level", Scale.PLAIN),), ("timestamp",)),
    JsonDialect("structlog", ("event", "level"), (("level", Scale.PLAIN),), ("timestamp",)),
    JsonDialect("zap", ("level", "ts", "msg"), (("level", Scale.PLAIN),), ("ts",)),
    JsonDialect("zap-development", ("L", "T", "M"), (("L", Scale.PLAIN),), ("T",)),
    JsonDialect("zerolog", ("level", "time", "message"), (("level", Scale.PLAIN),), ("time",)),
    JsonDialect("logrus", ("level", "time", "msg"), (("level", Scale.PLAIN),), ("time",)),
    JsonDialect("winston", ("level", "message"), (("level", Scale.PLAIN),), ("timestamp",)),
    JsonDialect("go-kit", ("lvl", "t"), (("lvl", Scale.PLAIN),), ("t",)),
)


def find_row(documents: Iterable[Mapping[str, Any]]) -> JsonDialect:
    """The row that tells most of ``documents``; ``PLAIN_JSON`` when no row tells more than half of them."""
    total = 0
    counts: dict[int, int] = {}
    for document in documents:
        total += 1
        index = next((index for index, row in enumerate(JSON_DIALECTS) if row.fits(document)), None)
        if index is not None:
            counts[index] = counts.get(index, 0) + 1
    best = max(counts, key=lambda index: counts[index], default=None)
    return PLAIN_JSON if best is None or counts[best] * 2 <= total else JSON_DIALECTS[best]
