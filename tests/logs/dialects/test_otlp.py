"""A line of OpenTelemetry's file exporter says what the records in it say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.levels.level import Level
from corvo_agent.logs import LogQuery, LogReader
from corvo_agent.logs.dialects.line_reader import LineReader
from corvo_agent.logs.dialects.otlp import with_batch_read
from corvo_agent.logs.dialects.severity import Severity

SECOND = 1795514400


def record(number: int, body: str, second: int = SECOND, **more: Any) -> dict[str, Any]:
    moment = {"timeUnixNano": str(second * 10**9)}
    return {**moment, "severityNumber": number, "body": {"stringValue": body}, "traceId": "a1", **more}


def batch(*records: dict[str, Any]) -> str:
    return json.dumps({"resourceLogs": [{"resource": {}, "scopeLogs": [{"scope": {}, "logRecords": list(records)}]}]})


def test_a_batch_is_as_severe_as_its_worst_record() -> None:
    reader = LineReader()
    for before in ("", "2026-11-24T10:00:00Z stderr F "):
        line = batch(record(9, "fine"), record(17, "boom", SECOND + 1), record(5, "also"))
        document = reader.read(f"{before}{line}".encode())
        assert document is not None
        assert reader.severity(document) is Severity.ERROR
        assert reader.time(document) == (SECOND + 1) * 10**9
        assert (document["body"], document["traceId"]) == ("fine\nboom\nalso", "a1")
        assert {"resourceLogs": document["resourceLogs"]} == json.loads(line)


def test_what_its_records_do_not_say_it_does_not_say() -> None:
    other = {**record(17, "", 0, traceId="b2"), "body": {"intValue": "7"}}
    found = with_batch_read(json.loads(batch(record(0, "a"), other)))
    assert (found.get("level"), found.get("traceId"), found["body"]) == (None, None, "a\n7")
    assert found["timeUnixNano"] == str(SECOND * 10**9)
    text = with_batch_read(json.loads(batch({**record(0, "a", 0), "severityText": "WARN2"})))
    assert (text["level"], text.get("timeUnixNano")) == ("warn", None)


@pytest.mark.parametrize("value", [1, [], [1], {}, [{"scopeLogs": 1}], [{"scopeLogs": [{"logRecords": [None]}]}]])
def test_what_is_no_batch_stays_as_it_is(value: Any) -> None:
    document = {"resourceLogs": value}
    assert with_batch_read(document) == document


async def test_errors_are_found_in_batches(tmp_path: Path) -> None:
    path = tmp_path / "otel.jsonl"
    fine = batch(record(9, "fine"))
    path.write_text("\n".join([*[fine] * 40, batch(record(9, "fine"), record(17, "boom")), *[fine] * 40, ""]))
    async with LogReader(str(path)) as reader:
        result = await reader.read(LogQuery(level=Level.ERROR))
    assert [(found["level"], found["body"]) for found in result.records] == [("error", "fine\nboom")]
    assert result.remarks == []
