"""Where in a JSON line the things stand that every line has: keys of the table's programs, in the order of preference.

A key with dots in it is one key (``log.level`` of ECS) or a path through objects (``{"log": {"level": ...}}``).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Any

from .severity import Scale


class Field(enum.Enum):
    """What a line says besides its own fields."""

    MESSAGE = "message"
    LOGGER = "logger"
    CALLER = "caller"
    CODE_LINE = "line in the code"
    STACK = "stack trace"
    TRACE = "trace id"


#: Keys of the level, and the scale of a number that stands there.
LEVEL_KEYS: tuple[tuple[str, Scale], ...] = (
    ("level", Scale.PLAIN),
    ("severity", Scale.GOOGLE),
    ("log.level", Scale.PLAIN),
    ("levelname", Scale.PYTHON),
    ("@l", Scale.DOTNET),
    ("@level", Scale.PLAIN),
    ("lvl", Scale.PLAIN),
    ("level_name", Scale.HUNDREDS),
    ("severity_text", Scale.OTEL),
    ("severityText", Scale.OTEL),
    ("SeverityText", Scale.OTEL),
    ("LogLevel", Scale.DOTNET),
    ("logLevel", Scale.PLAIN),
    ("loglevel", Scale.PLAIN),
    ("log_level", Scale.PLAIN),
    ("Level", Scale.DOTNET),
    ("LEVEL", Scale.PLAIN),
    ("Severity", Scale.OTEL),
    ("SEVERITY", Scale.GOOGLE),
    ("s", Scale.PLAIN),
    ("record.level", Scale.PYTHON),
    ("record.level.no", Scale.PYTHON),
    ("levelno", Scale.PYTHON),
    ("level_number", Scale.PYTHON),
    ("severity_number", Scale.OTEL),
    ("severityNumber", Scale.OTEL),
    ("SeverityNumber", Scale.OTEL),
    ("PRIORITY", Scale.SYSLOG),
    ("level_value", Scale.LOGBACK),
    ("intLevel", Scale.LOG4J),
    ("log.syslog.severity.code", Scale.SYSLOG),
    ("syslog.severity", Scale.SYSLOG),
    ("priority", Scale.SYSLOG),
    ("@fields.level", Scale.PLAIN),
    ("fields.level", Scale.PLAIN),
    ("metadata.level", Scale.PLAIN),
    ("metadata.severity", Scale.PLAIN),
    ("body.level", Scale.PLAIN),
    ("L", Scale.PLAIN),
)

#: Keys of the time.
TIME_KEYS: tuple[str, ...] = (
    *("ts", "@timestamp", "timestamp", "time", "@t", "Timestamp", "t", "datetime", "asctime", "eventTime"),
    *("event_time", "instant", "timeMillis", "timeUnixNano", "time_unix_nano", "TimeUnixNano", "timestampSeconds"),
    *("record.time.timestamp", "record.time.repr", "record.time", "__REALTIME_TIMESTAMP"),
    *("_SOURCE_REALTIME_TIMESTAMP", "observedTimestamp", "observed_timestamp", "observedTimeUnixNano", "date"),
    *("Time", "TIMESTAMP", "TIME", "dateTime", "date_time", "created", "created_at", "log_time", "written_at", "dt"),
    *(
        "time_iso8601",
        "time_local",
        "start_time",
        "startTime",
        "event.created",
        "metadata.timestamp",
        "msec",
        "epoch",
        "started_at",
        "T",
    ),
)

_KEYS: Mapping[Field, tuple[str, ...]] = {
    Field.MESSAGE: (
        *("msg", "message", "@m", "short_message", "@message", "MESSAGE", "textPayload", "Body", "body"),
        *(
            "body.stringValue",
            "body.message",
            "event",
            "record.message",
            "fields.message",
            "jsonPayload.message",
            "RenderedMessage",
        ),
        *("Message", "formatted_message", "@mt", "MessageTemplate", "log", "text", "full_message", "data.message", "M"),
    ),
    Field.LOGGER: (
        *("logger", "logger_name", "loggerName", "log.logger", "@module", "SourceContext", "Category", "target"),
        *("channel", "record.name", "InstrumentationScope.Name", "instrumentation_scope.name", "scope.name", "name"),
        *("SYSLOG_IDENTIFIER", "_logger", "Logger", "c", "N"),
    ),
    Field.CALLER: (
        *("caller", "log.origin.file.name", "logging.googleapis.com/sourceLocation", "sourceLocation", "@caller"),
        *("code.file.path", "code.filepath", "attributes.code.filepath", "CODE_FILE", "location", "src", "callsite"),
        *("caller_file_name", "filename", "pathname", "record.file.path", "_file", "file", "source", "C"),
    ),
    Field.CODE_LINE: (
        *("lineno", "line_number", "caller_line_number", "log.origin.file.line", "code.line.number", "code.lineno"),
        *("attributes.code.lineno", "CODE_LINE", "record.line", "_line", "line"),
    ),
    Field.STACK: (
        *("stack", "stacktrace", "stack_trace", "error.stack_trace", "err.stack", "error.stack", "exc_info", "@x"),
        *("exception.stacktrace", "attributes.exception.stacktrace", "thrown.extendedStackTrace", "Exception"),
        *("record.exception", "backtrace", "stack_info", "errorVerbose", "exception", "S"),
    ),
    Field.TRACE: (
        *("trace_id", "traceId", "trace.id", "TraceId", "traceID", "@tr", "logging.googleapis.com/trace", "trace"),
        *("dd.trace_id", "otelTraceID", "mdc.trace_id", "mdc.traceId", "span.trace_id", "context.trace_id"),
        *("context.traceId", "spanContext.traceId", "contextMap.traceId", "trace-id", "X-B3-TraceId"),
        *("traceparent", "attributes.trace_id", "fields.trace_id", "TraceID", "record.extra.trace_id"),
    ),
}


def lookup(document: Mapping[str, Any], key: str) -> Any:
    """The value under ``key``, or along it as a path; None when there is none."""
    value = document.get(key)
    if value is not None or "." not in key:
        return value
    first, _, rest = key.partition(".")
    inner = document.get(first)
    while type(inner) is dict:
        # A shorter path may be one key inside: {"log": {"origin.file.name": ...}}.
        if rest in inner:
            return inner[rest]
        first, _, rest = rest.partition(".")
        inner = inner.get(first) if rest else None
    return None


def text_of(document: Mapping[str, Any], field: Field) -> tuple[str, str] | None:
    """Key and text of the first of a field's keys whose value is a text that is not empty; None without one."""
    return next(_texts(document, field), None)


def _texts(document: Mapping[str, Any], field: Field) -> Iterator[tuple[str, str]]:
    for key in _KEYS[field]:
        value = lookup(document, key)
        if type(value) is str and value:
            yield key, value


def keys_of(field: Field) -> tuple[str, ...]:
    """The keys where a field may stand."""
    return _KEYS[field]
