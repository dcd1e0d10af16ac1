"""Lines of the OpenTelemetry protocol's file exporter: each a batch of records, ``{"resourceLogs":[...]}``.

A line is one record here, so a batch is read as a whole: as severe as the worst of its records, as late as the newest
of them, with their bodies below each other. The batch itself stays beside that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from .severity import Scale, Severity, of_value

#: The key that tells such a line.
BATCH = "resourceLogs"


def with_batch_read(document: dict[str, Any]) -> dict[str, Any]:
    """``document``, to which ``level``, ``timeUnixNano``, ``body`` and ``traceId`` are added if it is such a batch.

    There is no level when that of one of its records cannot be read, no trace unless all are of one.
    """
    records = list(_inside(document.get(BATCH), "scopeLogs", "logRecords")) if BATCH in document else []
    if not records:
        return document
    severities = [_severity(record) for record in records]
    known = [severity for severity in severities if severity is not None]
    read: dict[str, Any] = {"body": "\n".join(_text(record.get("body")) for record in records)}
    if len(known) == len(records):
        read["level"] = max(known).word
    if times := [time for record in records if (time := _time(record))]:
        read["timeUnixNano"] = str(max(times))
    if len(traces := {record.get("traceId") for record in records if type(record.get("traceId")) is str}) == 1:
        read["traceId"] = traces.pop()
    return {**read, **document}


def _inside(value: Any, *keys: str) -> Iterator[dict[str, Any]]:
    """The objects in a list or, along ``keys``, in the lists inside of those."""
    for each in value if type(value) is list else ():
        if type(each) is dict:
            if keys:
                yield from _inside(each.get(keys[0]), *keys[1:])
            else:
                yield each


def _severity(record: dict[str, Any]) -> Severity | None:
    found = (of_value(record.get(key), Scale.OTEL) for key in ("severityNumber", "severityText"))
    return next((severity for severity in found if severity is not None), None)


def _time(record: dict[str, Any]) -> int:
    """Nanoseconds since the epoch; 0 without a time."""
    for key in ("timeUnixNano", "observedTimeUnixNano"):
        value = str(record.get(key))
        if value.isascii() and value.isdigit() and len(value) < 20 and (time := int(value)):
            return time
    return 0


def _text(body: Any) -> str:
    """The text of a body, which is an object with one member, named after its type."""
    if type(body) is dict and len(body) == 1:
        (body,) = body.values()
    if type(body) is str:
        return body
    try:
        return "" if body is None else orjson.dumps(body).decode()
    except orjson.JSONEncodeError:  # nested deeper than can be written
        return ""
